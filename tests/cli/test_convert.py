"""`fanin convert` against what MXNet 1.9.1 reads of the same files, and against files made here."""

import json
import math
import os
import random
import signal
import struct
import subprocess
import time

from program import LETTERS, PROGRAM, SIZES, File, Test, elements, fanin, file_bytes, main

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "params")

# safetensors' names of MXNet's type codes.
TYPES = ("F32", "F64", "F16", "U8", "I32", "I8", "I64", "BOOL", "I16", "U16", "U32", "U64", "BF16")
NAMES = {"float32": "F32", "float64": "F64", "float16": "F16", "uint8": "U8", "int32": "I32", "int8": "I8", "int64": "I64",
         "bool": "BOOL", "bfloat16": "BF16"}

V2 = 0xF993FAC9


def recorded(case):
    """The tensors of a recorded file: {name: (dtype, shape, bytes)}, and the names of entries without an array."""
    tensors, none = {}, []
    for number, array in enumerate(case["arrays"]):
        name = array.get("name", str(number))
        if array.get("none"):
            none.append(name)
            continue
        dtype = NAMES[array["dtype"]]
        values = [int(value) if dtype[0] in "IU" else value if dtype == "BOOL" else float(value) for value in array["values"]]
        if dtype == "BF16":
            values = [struct.unpack("<I", struct.pack("<f", value))[0] >> 16 for value in values]
        tensors[name] = (dtype, array["shape"], struct.pack("<%d%s" % (len(values), LETTERS[dtype]), *values))
    return tensors, none


def same(found, wanted):
    """Bit for bit; any NaN is a NaN."""
    if found[:2] != wanted[:2] or found[0] not in ("F16", "F32", "F64"):
        return found == wanted
    pairs = [struct.unpack("<%d%s" % (len(content) // SIZES[dtype], LETTERS[dtype]), content)
             for dtype, _, content in (found, wanted)]
    return all((math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
               for a, b in zip(*pairs))


def shape_bytes(shape):
    return struct.pack("<I%dq" % len(shape), len(shape), *shape)


def dense(dtype, shape, content):
    """An array of version 2."""
    return struct.pack("<Ii", V2, 0) + shape_bytes(shape) + struct.pack("<iii", 1, 0, TYPES.index(dtype)) + content


def row_sparse(dtype, shape, rows, content):
    return (struct.pack("<Ii", V2, 1) + shape_bytes([len(rows)] + shape[1:]) + shape_bytes(shape) +
            struct.pack("<iii", 1, 0, TYPES.index(dtype)) + struct.pack("<i", 6) + shape_bytes([len(rows)]) + content +
            struct.pack("<%dq" % len(rows), *rows))


NONE = struct.pack("<IiI", V2, 0, 0)


def params(arrays):
    """A file of {name: bytes of an array}, or of a list of them."""
    names = [name.encode() for name in arrays] if isinstance(arrays, dict) else []
    return (struct.pack("<QQQ", 0x112, 0, len(arrays)) + b"".join(arrays.values() if names else arrays) +
            struct.pack("<Q", len(names)) + b"".join(struct.pack("<Q", len(name)) + name for name in names))


def one(value=1.0):
    return dense("F32", [1], struct.pack("<f", value))


class Convert(Test):
    def convert(self, content, *options):
        """Converts a file; the result and what was written."""
        result = self.done("convert", self.write("in.params", content), self.path("out"), *options)
        return result, File(self.path("out"))

    def refuses(self, text, content, *options):
        self.fails(1, text, "convert", self.write("in.params", content), self.path("out"), *options)

    def test_recorded(self):
        with open(os.path.join(DATA, "index.json")) as file:
            cases = json.load(file)["cases"]
        self.assertEqual(len(cases), 36)
        for case in cases:
            wanted, none = recorded(case)
            result = self.done("convert", os.path.join(DATA, case["file"]), self.path("out"), "--keep-names")
            found = File(self.path("out"))
            self.assertEqual(found.metadata, {"format": "pt"})
            self.assertEqual(set(found.tensors), set(wanted), case["file"])
            for name, tensor in wanted.items():
                self.assertTrue(same(found.tensors[name], tensor), (case["file"], name, found.tensors[name], tensor))
            # Large dtypes first, then by name.
            order = [(-SIZES[dtype], name.encode()) for name, (dtype, _, _) in found.tensors.items()]
            self.assertEqual(order, sorted(order))
            self.assertIn("%d tensor%s, %d element" % (len(wanted), "" if len(wanted) == 1 else "s",
                                                       sum(elements(shape) for _, shape, _ in wanted.values())), result.stdout)
            for name in none:
                self.assertIn("note: left out, an entry without an array: '%s'" % name, result.stderr)
            self.assertEqual("has no names" in result.stderr, not case["named"] and bool(wanted), case["file"])

    def test_names(self):
        """One prefix is dropped, exactly as written."""
        names = ["arg:a", "aux:b", "arg:arg:c", "aux:arg:d", "Arg:e", "arg", "argf:g", ":h", "x.arg:i", "aux:größe"]
        content = params({name: one() for name in names})
        plain = {"a", "b", "arg:c", "arg:d", "Arg:e", "arg", "argf:g", ":h", "x.arg:i", "größe"}
        self.assertEqual(set(self.convert(content)[1].tensors), plain)
        self.assertEqual(set(self.convert(content, "--keep-names")[1].tensors), set(names))

    def test_clash(self):
        content = params({"arg:x": one(1), "y": one(2), "aux:x": one(3)})
        self.refuses("'arg:x' and 'aux:x' would both be 'x'; --keep-names keeps them apart", content)
        self.assertEqual(self.convert(content, "--keep-names")[1].values("aux:x"), (3,))
        os.unlink(self.path("out"))
        self.refuses("would both be", params({"x": one(1), "arg:x": dense("F64", [1], bytes(8))}))
        # An entry without an array takes no name.
        self.assertEqual(set(self.convert(params({"arg:x": one(), "aux:x": NONE}))[1].tensors), {"x"})

    def test_metadata_name(self):
        self.refuses("__metadata__", params({"__metadata__": one()}))
        self.refuses("__metadata__", params({"arg:__metadata__": one()}))
        self.convert(params({"arg:__metadata__": one()}), "--keep-names")

    def test_notes(self):
        result, written = self.convert(params({"a": NONE, "b": one(), "c": NONE, "d": NONE, "e": NONE, "f": NONE}))
        self.assertEqual(result.stderr, "fanin convert: note: 5 entries have no array and are left out: 'a', 'c', 'd' and 2 more\n")
        self.assertEqual(set(written.tensors), {"b"})
        result, written = self.convert(params([NONE, one(5)]))
        self.assertIn("an entry without an array: 0\n", result.stderr)
        self.assertIn("the tensors are named 0 to 1\n", result.stderr)
        self.assertEqual(written.values("1"), (5,))
        result = self.convert(params([one(5)]))[0]
        self.assertIn("the file has no names: the tensor is named 0\n", result.stderr)
        self.assertRegex(result.stdout, r"out: 1 tensor, 1 element, \d+ bytes( in \d+\.\d+ s)?\n$")
        result = self.convert(params([NONE, one(5)]), "--quiet")[0]
        self.assertEqual((result.stdout, result.stderr), ("", ""))

    def test_all_dtypes_over_several_windows(self):
        """60 MB: arrays cut anywhere, dense and sparse, in and out of order, all dtypes."""
        numbers = random.Random(4)
        arrays, wanted = {}, {}
        for dtype in TYPES:
            shape = [numbers.randrange(1000, 1400), 997]
            content = numbers.getrandbits(8 * elements(shape) * SIZES[dtype]).to_bytes(elements(shape) * SIZES[dtype], "little")
            arrays[dtype], wanted[dtype] = dense(dtype, shape, content), (dtype, shape, content)
        for name, ordered in (("sorted", True), ("unsorted", False)):
            rows = [numbers.randrange(50000) for _ in range(3000)]
            rows = sorted(rows) if ordered else rows
            content = numbers.getrandbits(8 * 3000 * 77 * 4).to_bytes(3000 * 77 * 4, "little")
            whole = bytearray(50000 * 77 * 4)
            for place, row in enumerate(rows):
                whole[row * 308:row * 308 + 308] = content[place * 308:place * 308 + 308]
            arrays[name], wanted[name] = row_sparse("F32", [50000, 7, 11], rows, content), ("F32", [50000, 7, 11], bytes(whole))
        arrays["scalar"] = struct.pack("<IiI", V2 + 1, 0, 0) + struct.pack("<iiid", 1, 0, 1, 2.5)
        wanted["scalar"] = ("F64", [], struct.pack("<d", 2.5))
        self.assertEqual(self.convert(params(arrays))[1].tensors, wanted)

    def test_cut(self):
        for name in ("checkpoint", "row_sparse", "csr", "v0", "v3", "names"):
            with open(os.path.join(DATA, name + ".params"), "rb") as file:
                content = file.read()
            for size in range(0, len(content), 1 + len(content) // 40):
                self.refuses("in.params", content[:size])

    def test_bad(self):
        index = struct.pack("<4q", 0, 1, 2, 9)
        good = row_sparse("F32", [10, 1], [0, 1, 2, 9], bytes(16))
        for text, content in (
                ("no .params file", b"x" * 100), ("a ZIP archive (torch's .pt and .pth; .npz", b"PK\3\4" + bytes(60)),
                ("is a safetensors file already", file_bytes({}, pad=False) + b" " * 30), ("no .params file", b""),
                ("row index 3 is 10, expected 0 to 9", params({"x": good.replace(index, struct.pack("<4q", 0, 1, 2, 10))})),
                ("array 1 'x'", params({"x": good.replace(index, struct.pack("<4q", 0, 1, 2, -1))})),
                ("type code is 13", params({"x": one().replace(struct.pack("<iii", 1, 0, 0), struct.pack("<iii", 1, 0, 13))})),
                ("not UTF-8", params({"xyz": one()}).replace(b"xyz", b"x\xffz")),
                ("NUL", params({"xyz": one()}).replace(b"xyz", b"x\0z")),
                ("64 bits", params({name: row_sparse("F32", [2**60, 1], [], b"") for name in "abc"}))):
            self.refuses(text, content)

    def test_too_large(self):
        """A tiny file can stand for more than any disk holds."""
        path = self.write("in.params", params({"x": row_sparse("F32", [2**60, 1], [5], bytes(4))}))
        result = fanin("convert", path, self.path("out"))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(os.listdir(self.folder), ["in.params"])

    def test_files(self):
        path = self.write("in.params", params({"x": one()}))
        os.mkfifo(self.path("fifo"))
        os.symlink(path, self.path("link"))
        os.mkdir(self.path("folder"))
        for name, text in (("missing", "cannot be opened"), ("folder", "no regular file"), ("fifo", "no regular file")):
            self.fails(1, text, "convert", self.path(name), self.path("out"))
        self.fails(1, "no regular file", "convert", "/dev/zero", self.path("out"))
        for name, text in (("in.params", "is also read from"), ("link", "is also read from"), ("folder", "a folder"),
                           ("fifo", "a device or pipe"), ("missing/out", "No such file")):
            self.fails(1, text, "convert", path, self.path(name))
        # What was there stays until the new file is complete.
        target = self.write("out", "old")
        self.fails(1, "no .params file", "convert", self.write("bad", b"x" * 40), target)
        with open(target) as file:
            self.assertEqual(file.read(), "old")
        self.done("convert", path, target)
        self.assertEqual(File(target).values("x"), (1,))

    def test_usage(self):
        for text, args in (("name two files", []), ("name two files", ["a"]), ("name two files", ["a", "b", "c"]),
                           ("both must be files", ["-", "b"]), ("both must be files", ["a", "-"]),
                           ("did you mean '--keep-names'", ["a", "b", "--keep-name5"]), ("takes no value", ["a", "b", "--quiet=1"]),
                           ("unknown option '-o'", ["a", "-o", "b"])):
            self.fails(2, text, "convert", *args)
        self.assertIn("--keep-names", self.done("convert", "--help").stdout)
        self.fails(2, "did you mean 'convert'", "convrt")

    def start(self):
        """A conversion that takes a while and has begun to write; the file stands for 800 MB of zeros."""
        os.mkdir(self.path("folder"))
        path = self.write("in.params", params({"x": row_sparse("F64", [100, 10**6], [99], bytes(8 * 10**6))}))
        process = subprocess.Popen([PROGRAM, "convert", path, self.path("folder/out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        end = time.monotonic() + 60
        while not os.listdir(self.path("folder")):
            self.assertLess(time.monotonic(), end)
            self.assertIsNone(process.poll())
        return path, process

    def test_changed(self):
        path, process = self.start()
        os.utime(path, (1, 1))
        self.assertIn("was changed while it was read", process.communicate()[1].decode())
        self.assertEqual((process.returncode, os.listdir(self.path("folder"))), (1, []))

    def test_cut_while_read(self):
        path, process = self.start()
        os.truncate(path, 1000)
        self.assertIn("in.params", process.communicate()[1].decode())
        self.assertEqual((process.returncode, os.listdir(self.path("folder"))), (1, []))

    def test_interrupt(self):
        _, process = self.start()
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual((process.returncode, os.listdir(self.path("folder"))), (-signal.SIGTERM, []))


if __name__ == "__main__":
    main()
