"""`fanin stat` against Python: exact integers and fsum."""

import json
import math
import os
import random
import struct

from program import LETTERS, SIZES, Test, fanin, main, pack, stat


def bfloat16(bits):
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


def reference(dtype, content):
    """Of the finite elements, each sum exact but for one rounding."""
    values = struct.unpack("<%d%s" % (len(content) // SIZES[dtype], LETTERS[dtype]), content)
    if dtype == "BF16":
        values = [bfloat16(bits) for bits in values]
    finite = [value for value in values if math.isfinite(value)]
    result = {"count": len(values), "nan": sum(math.isnan(value) for value in values)}
    result["inf"] = len(values) - len(finite) - result["nan"]
    if not finite:
        return result, finite
    exponent = max((math.frexp(value)[1] for value in map(float, finite) if value), default=0)
    scaled = [math.ldexp(float(value), -exponent) for value in finite]
    mean = math.fsum(scaled) / len(scaled)
    result.update(min=min(finite), max=max(finite), mean=math.ldexp(mean, exponent),
                  std=math.ldexp(math.sqrt(math.fsum((value - mean) ** 2 for value in scaled) / len(scaled)), exponent),
                  rms=math.ldexp(math.sqrt(math.fsum(value * value for value in scaled) / len(scaled)), exponent))
    return result, finite


class Stat(Test):
    def close(self, found, wanted, scale, name):
        self.assertLessEqual(abs(found - wanted), 1e-13 * scale, (name, found, wanted))

    def check(self, tensors):
        path = self.write("in.safetensors", pack(tensors))
        measured = stat(path)
        self.assertEqual(list(measured), list(tensors))
        for name, (dtype, shape, content) in tensors.items():
            wanted, finite = reference(dtype, content)
            found = measured[name]
            self.assertEqual((found["dtype"], found["shape"]), (dtype, shape))
            for key in ("count", "nan", "inf"):
                self.assertEqual(found[key], wanted[key], name)
            if not finite:
                for key in ("min", "max", "mean", "std", "rms", "histogram"):
                    self.assertIsNone(found[key])
                continue
            exact = dtype in ("I64", "U64")
            for key in ("min", "max"):
                self.assertEqual(found[key], str(wanted[key]) if exact else wanted[key], name)
            scale = max(abs(float(wanted["min"])), abs(float(wanted["max"])))
            for key in ("mean", "std", "rms"):
                self.close(found[key], wanted[key], scale, name + " " + key)
            self.check_histogram(found["histogram"], finite, found, name)
        self.assertEqual(fanin("stat", path).returncode, 0)
        return measured

    def check_histogram(self, histogram, finite, found, name):
        low, high = float(min(finite)), float(max(finite))
        self.assertEqual((histogram["low"], histogram["high"]), (found["min"], found["max"]))
        self.assertEqual(sum(histogram["counts"]), len(finite), name)
        self.assertEqual(len(histogram["counts"]), 16)
        counts = [0] * 16
        edges = 0
        for value in map(float, finite):
            place = (value / 2 - low / 2) / (high / 2 - low / 2) * 16 if high > low else 0.0
            counts[min(int(place), 15)] += 1
            edges += abs(place - round(place)) < 1e-9
        # An element on an edge may lie on either side of it.
        self.assertLessEqual(sum(abs(a - b) for a, b in zip(counts, histogram["counts"])), 2 * edges, name)

    def test_bins_of_the_ends(self):
        """The lowest elements are in the first bin, the highest in the last."""
        path = self.write("ends", pack({"x": ("F32", [6], struct.pack("<6f", -1, -1, -1, 0.5, 1, 1))}))
        self.assertEqual(stat(path)["x"]["histogram"]["counts"], [3] + 11 * [0] + [1, 0, 0, 2])

    def test_dtypes(self):
        numbers = random.Random(1)
        tensors = {}
        for dtype, size in SIZES.items():
            content = bytes(numbers.getrandbits(8) for _ in range(6000 * size))
            if dtype == "BOOL":
                content = bytes(byte & 1 for byte in content)
            tensors[dtype] = (dtype, [60, 100], content)
        # Random bits have every kind of NaN, infinity and denormal.
        measured = self.check(tensors)
        self.assertGreater(measured["F16"]["nan"], 0)

    def test_distributions(self):
        numbers = random.Random(2)
        gauss = [numbers.gauss(0, 1) for _ in range(300000)]
        self.check({
            "normal": ("F32", [300000], struct.pack("<300000f", *gauss)),
            "shifted": ("F64", [300000], struct.pack("<300000d", *(1e9 + value for value in gauss))),
            "tiny": ("F64", [5000], struct.pack("<5000d", *(1e-310 * value for value in gauss[:5000]))),
            "huge": ("F64", [5000], struct.pack("<5000d", *(1.7e308 * math.tanh(value) for value in gauss[:5000]))),
            "denormal": ("F64", [3], struct.pack("<3d", 5e-324, 1e-323, 0)),
        })

    def test_small(self):
        measured = self.check({
            "scalar": ("F32", [], struct.pack("<f", 2.5)),
            "empty": ("F32", [0, 3], b""),
            "zeros": ("F32", [5], bytes(20)),
            "constant": ("F32", [100003], struct.pack("<f", 0.1) * 100003),
            "nan": ("F32", [3], struct.pack("<3f", math.nan, math.inf, -math.inf)),
            "mixed": ("F64", [4], struct.pack("<4d", math.nan, 1, math.inf, 3)),
            "wide": ("I64", [3], struct.pack("<3q", -2**63, 2**63 - 1, 0)),
            "unsigned": ("U64", [2], struct.pack("<2Q", 2**64 - 1, 2**53 + 1)),
            "bool": ("BOOL", [4], bytes([0, 1, 1, 1])),
        })
        self.assertEqual(measured["constant"]["std"], 0.0)
        self.assertEqual(measured["constant"]["mean"], measured["constant"]["min"])
        self.assertEqual(measured["unsigned"]["min"], "9007199254740993")

    def test_several_chunks(self):
        """Larger than what is read at once, with a part left over, the same whatever the threads."""
        numbers = random.Random(3)
        content = numbers.getrandbits(8 * 2 * 600001).to_bytes(2 * 600001, "little")
        path = self.write("in.safetensors", pack({"x": ("BF16", [600001], content)}))
        self.check({"x": ("BF16", [600001], content)})
        texts = {fanin("stat", path, "--json", env=dict(os.environ, OMP_NUM_THREADS=str(threads))).stdout for threads in (1, 2, 3, 8)}
        self.assertEqual(len(texts), 1)

    def test_names(self):
        path = self.write("in.safetensors", pack({name: ("F32", [1], b"1234") for name in ("a.weight", "b.weight", "c.bias")}))
        self.assertEqual(list(stat(path, "c.bias", "a.weight")), ["c.bias", "a.weight"])
        result = fanin("stat", path, "a.wieght", "zzzzzzzzzz", "b.weight")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("no tensor 'a.wieght'; did you mean 'a.weight'?", result.stderr)
        self.assertIn("no tensor 'zzzzzzzzzz'", result.stderr)

    def test_foreign_dtype(self):
        path = self.write("in.safetensors", pack({"f8": ("F8_E4M3", [3], b"123"), "x": ("F32", [1], b"1234")}))
        measured = stat(path)
        self.assertEqual((measured["f8"]["note"], measured["f8"]["min"]), ("not read: fanin does not have this dtype", None))
        self.assertEqual(measured["f8"]["count"], 3)
        self.assertIn("not read", fanin("stat", path).stdout)

    def test_metadata(self):
        """How a file was made."""
        path = self.path("out")
        like = self.write("in.json", {"__metadata__": {"a \"key\"": "ä\n"}, "x.weight": {"dtype": "F32", "shape": [8]}})
        self.done("init", "--like", like, "--init", "one", "--seed", "42", "--shard", "1/4", "-o", path)
        version = fanin("--version").stdout.split()[1]
        metadata = json.loads(self.done("stat", path, "--json").stdout)["metadata"]
        self.assertEqual(metadata, {"a \"key\"": "ä\n", "format": "pt", "fanin.version": version, "fanin.contract": "1",
                                    "fanin.seed": "42", "fanin.init": '["one", {}]', "fanin.shard": "1/4"})
        made = "made by fanin %s, seed 42, contract 1, shard 1/4" % version
        self.assertEqual(self.done("stat", path).stdout.splitlines()[-2:], ["1 tensor, 2 elements", made])
        # Of other files.
        path = self.write("in.safetensors", pack({"x": ("F32", [1], b"1234")}))
        self.assertEqual(json.loads(self.done("stat", path, "--json").stdout)["metadata"], {})
        self.assertEqual(self.done("stat", path).stdout.splitlines()[-1], "1 tensor, 1 element")

    def test_index(self):
        self.write("1.safetensors", pack({"skipped": ("F32", [1], b"1234"), "a": ("F32", [2], struct.pack("<2f", 1, 2))}))
        self.write("2.safetensors", pack({"b": ("F32", [1], struct.pack("<f", 3)), "c": ("F32", [1], struct.pack("<f", 4))}))
        index = self.write("model.safetensors.index.json", {"weight_map": {"b": "2.safetensors", "a": "1.safetensors", "c": "2.safetensors"}})
        measured = stat(index)
        self.assertEqual([(name, entry["max"]) for name, entry in measured.items()], [("b", 3), ("a", 2), ("c", 4)])

    def test_table(self):
        path = self.write("in.safetensors", pack({"x": ("F32", [4], struct.pack("<4f", 0, 1, 1, 1))}))
        plain = fanin("stat", path, env=dict(os.environ, LC_ALL="C")).stdout
        self.assertTrue(plain.isascii())
        self.assertIn("1 tensor, 4 elements", plain)
        self.assertIn("█", fanin("stat", path, env=dict(os.environ, LC_ALL="de_DE.UTF-8"), encoding="utf-8").stdout)


if __name__ == "__main__":
    main()
