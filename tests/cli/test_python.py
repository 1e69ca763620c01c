"""Python's safetensors opens the files, and reads the same values."""

import sys

from program import File, Test, main, model, rules

try:
    import safetensors
except ImportError:
    print("skipped: this Python has no safetensors")
    sys.exit(77)
try:
    import numpy
except ImportError:
    print("skipped: this Python has no numpy, which safetensors needs")
    sys.exit(77)


class Python(Test):
    def check(self, out):
        file = File(out)
        with safetensors.safe_open(out, "numpy") as opened:
            self.assertEqual(set(opened.keys()), set(file.tensors))
            self.assertEqual(opened.metadata(), file.metadata)
            for name, (dtype, shape, content) in file.tensors.items():
                self.assertEqual(list(opened.get_slice(name).get_shape()), shape)
                if dtype != "BF16":
                    value = opened.get_tensor(name)
                    self.assertEqual((list(value.shape), value.tobytes()), (shape, content))

    def test_model(self):
        for name in ("mnist-mlp", "resnet50"):
            out = self.path("out.safetensors")
            self.done("init", "--like", model(name), "--rules", rules(name), "-o", out)
            self.check(out)

    def test_odd(self):
        shapes = {"s.weight": {"dtype": "F32", "shape": []}, "e.weight": {"dtype": "F64", "shape": [0, 3]}, "b.weight": {"dtype": "BF16", "shape": [3]},
                  "h.weight": {"dtype": "F16", "shape": [3, 5]}, "n": {"dtype": "I64", "shape": [2]}, "m": {"dtype": "BOOL", "shape": [3]},
                  "umläut \" \\ \t.weight": {"dtype": "F32", "shape": [1]}}
        out = self.path("out.safetensors")
        self.done("init", "--like", self.write("in.json", shapes), "--init", "normal", "-o", out)
        self.check(out)

    def test_as_input(self):
        """A file that Python wrote is taken for its shapes."""
        from safetensors.numpy import save_file
        made = self.path("made.safetensors")
        save_file({"a.weight": numpy.zeros((3, 4), numpy.float32), "b.bias": numpy.ones(5, numpy.float16),
                   "c.num_batches_tracked": numpy.array(3)}, made, {"who": "python"})
        out = self.path("out.safetensors")
        self.done("init", "--like", made, "--init", "normal", "-o", out)
        self.check(out)
        self.assertEqual(File(out).metadata["who"], "python")


if __name__ == "__main__":
    main()
