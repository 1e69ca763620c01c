"""Whole models: each tensor's moments and extremes are what its rule says. The rules are evaluated here by Python's re and by the
formulas of the papers, the statistics taken by `fanin stat`, which test_stat.py holds against Python."""

import json
import math
import re
import struct

from program import ERRORS, File, Test, elements, main, model, rules, stat

# Box-Muller of a 32-bit uniform number ends at sqrt(-2 ln 2^-33).
NORMAL_LIMIT = math.sqrt(66 * math.log(2)) * (1 + 1e-6)


def expected(spec, shape):
    """The distribution that an initializer gives: (kind, number)."""
    name, args = (spec, {}) if isinstance(spec, str) else (spec[0], spec[1])
    if name in ("zero", "one"):
        return "constant", float(name == "one")
    if name == "normal":
        return "normal", args["sigma"]
    if name == "xavier":
        field = elements(shape[2:])
        fans = {"in": shape[1] * field, "out": shape[0] * field}
        fans["avg"] = (fans["in"] + fans["out"]) / 2
        scale = math.sqrt(args["magnitude"] / fans[args["factor_type"]])
        return ("uniform" if args["rnd_type"] == "uniform" else "normal"), scale
    return name, None


def bilinear(shape):
    """MXNet's formula, in float64 and rounded to float32."""
    height, width = shape[2:]
    factor = math.ceil(width / 2)
    center = (2 * factor - 1 - factor % 2) / (2 * factor)
    plane = [(1 - abs(x / factor - center)) * (1 - abs(y / factor - center)) for y in range(height) for x in range(width)]
    return [struct.unpack("f", struct.pack("f", value))[0] for value in plane] * (shape[0] * shape[1])


class Models(Test):
    def check_tensor(self, name, kind, number, measured):
        count = measured["count"]
        low, high, mean, std = (measured[key] for key in ("min", "max", "mean", "std"))
        self.assertEqual((measured["nan"], measured["inf"]), (0, 0), name)
        self.assertEqual(sum(measured["histogram"]["counts"]), count, name)
        if kind == "constant":
            self.assertEqual((low, high, mean, std), (number, number, number, 0.0), name)
            return
        # The standard error of a standard deviation is sigma/2 * sqrt((kurtosis - 1) / n).
        sigma, kurtosis = (number / math.sqrt(3), 1.8) if kind == "uniform" else (number, 3.0)
        self.assertLess(abs(mean), ERRORS * sigma / math.sqrt(count), name)
        self.assertLess(abs(std - sigma), ERRORS * sigma * math.sqrt((kurtosis - 1) / 4 / count), name)
        if kind == "uniform":
            limit = number * (1 + 1e-7)
            self.assertLessEqual(max(-low, high), limit, name)
            # Each end comes within 2w of itself but for (1 - 1/w)^n: e^-20.
            self.assertGreater(min(-low, high), number * (1 - 40 / count), name)
        else:
            self.assertLessEqual(max(-low, high), number * NORMAL_LIMIT, name)
            # More than so many elements lie beyond 2.5 sigma (p = 0.0062 on each side).
            if count > 10000:
                self.assertGreater(min(-low, high), 2.5 * number, name)

    def check_model(self, name, out, dtype=None):
        with open(model(name)) as file:
            shapes = {key: entry for key, entry in json.load(file).items() if key != "__metadata__"}
        with open(rules(name)) as file:
            pairs = json.load(file)
        measured = stat(out)
        self.assertEqual(set(measured), set(shapes))
        for key, entry in shapes.items():
            spec = next(spec for pattern, spec in pairs if re.match(pattern, key))
            kind, number = expected(spec, entry["shape"])
            self.assertEqual(measured[key]["shape"], entry["shape"])
            self.assertEqual(measured[key]["dtype"], dtype or entry["dtype"])
            self.assertEqual(measured[key]["count"], elements(entry["shape"]))
            if kind != "bilinear":
                self.check_tensor(key, kind, number, measured[key])
        return shapes

    def fill(self, name, *options):
        out = self.path(name + ".safetensors")
        result = self.done("init", "--like", model(name), "--rules", rules(name), "--seed", 42, "-o", out, *options)
        self.assertEqual(result.stderr, "")  # no pair is idle
        return out

    def test_mnist(self):
        self.check_model("mnist-mlp", self.fill("mnist-mlp"))

    def test_resnet(self):
        self.check_model("resnet50", self.fill("resnet50"))

    def test_gpt2(self):
        self.check_model("gpt2", self.fill("gpt2"))

    def test_fcn(self):
        out = self.fill("fcn-8s")
        shapes = self.check_model("fcn-8s", out)
        names = ("upscore2_weight", "upscore_pool4_weight", "upscore8_weight")
        file = File(out, names)
        for name in names:
            self.assertEqual(list(file.values(name)), bilinear(shapes[name]["shape"]), name)

    def test_llama_plan(self):
        result = self.done("init", "--like", model("llama-3-8b"), "--rules", rules("llama-3-8b"), "--dry-run", "--json")
        plan = json.loads(result.stdout)
        self.assertEqual(plan["elements"], 8030261248)
        self.assertEqual(plan["bytes"], 16060522496)
        self.assertEqual(len(plan["parameters"]), 291)
        self.assertEqual(list(plan)[0], "seed")

    def test_llama_part(self):
        """One of 256 parts: BF16, boxes of the whole."""
        out = self.path("part.safetensors")
        self.done("init", "--like", model("llama-3-8b"), "--rules", rules("llama-3-8b"), "--shard", "77/256", "-o", out)
        # Rounding to 8 bits moves the deviation by less than 2^-18 of itself on average.
        for name, measured in stat(out).items():
            if "norm" in name:
                self.assertEqual((measured["min"], measured["max"]), (1.0, 1.0))
            else:
                self.assertLess(abs(measured["std"] - 0.02), 0.02 * (ERRORS / math.sqrt(2 * measured["count"]) + 2e-5), name)

    def test_lstm(self):
        out = self.fill("lstm-lm")
        measured = stat(out)
        for name, kind, number in (("encoder_weight", "uniform", 0.1), ("decoder_bias", "constant", 0.0),
                                   ("decoder_weight", "uniform", math.sqrt(3 / ((10000 + 650) / 2)))):
            self.check_tensor(name, kind, number, measured[name])
        # Two layers of 650, and as many inputs: 8 weights of 650 x 650 each, then 8 biases each, gates i f c o of either connection.
        values = File(out, ("lstm_parameters",)).values("lstm_parameters")
        size, bound = 650 * 650, math.sqrt(3 / 650)
        weights = [values[i * size:(i + 1) * size] for i in range(16)]
        self.assertEqual(len(set(weights)), 16)
        for block in weights:
            self.assertLessEqual(max(map(abs, block)), bound * (1 + 1e-7))
            self.assertGreater(max(block), bound * (1 - 40 / size))
            self.assertLess(abs(sum(block) / size), ERRORS * bound / math.sqrt(3 * size))
            variance = sum(value * value for value in block) / size
            self.assertLess(abs(variance - bound * bound / 3), ERRORS * bound * bound * math.sqrt(4 / 45 / size))
        biases = values[16 * size:]
        self.assertEqual(len(biases), 16 * 650)
        self.assertEqual([set(biases[i * 650:(i + 1) * 650]) for i in range(16)], 4 * [{0.0}, {1.0}, {0.0}, {0.0}])


if __name__ == "__main__":
    main()
