"""examples/from_python.py: the library by ctypes gives what the program writes; refused parameters leave the memory alone."""

import ctypes
import itertools
import math
import os
import re
import subprocess
import sys

from program import MODELS, File, Test, main

EXAMPLES = os.path.join(MODELS, "..")
sys.path.insert(0, EXAMPLES)
import from_python  # noqa: E402


class Managed(ctypes.Structure):
    """DLManagedTensor of float32 on the CPU."""
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16), ("shape", ctypes.c_void_p),
                ("strides", ctypes.c_void_p), ("byte_offset", ctypes.c_uint64), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p)]


class Array:
    """As much of an array as the example needs; NumPy may not be here."""

    def __init__(self, *shape):
        self.shape = (ctypes.c_int64 * len(shape))(*shape)
        count = 1
        for extent in shape:
            count *= extent
        self.values = (ctypes.c_float * count)(*[7.0] * count)
        self.managed = Managed(ctypes.addressof(self.values), 1, 0, len(shape), 2, 32, 1, ctypes.addressof(self.shape))

    def __dlpack__(self):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(ctypes.addressof(self.managed), b"dltensor", None)

    def bytes(self):
        return bytes(self.values)


class FromPython(Test):
    SHAPES = {"a.weight": [30, 41], "a.bias": [41], "norm.weight": [5]}
    RULES = '[["norm", "one"]]'

    def test_as_the_program(self):
        out = self.path("out")
        shapes = self.write("in.json", {name: {"dtype": "F32", "shape": shape} for name, shape in self.SHAPES.items()})
        self.done("init", "--like", shapes, "--init", "xavier", "--rules", self.write("rules.json", self.RULES), "--seed", 2**63 + 1,
                  "-o", out)
        arrays = {name: Array(*shape) for name, shape in self.SHAPES.items()}
        from_python.fill(arrays.items(), rules=self.RULES, seed=2**63 + 1)
        expected = File(out).tensors
        self.assertEqual(set(expected), set(arrays))
        for name, array in arrays.items():
            self.assertEqual(array.bytes(), expected[name][2], name)
        first, last = Array(20, 41), Array(10, 41)
        from_python.fill([("a.weight", last, [30, 41], [20, 0]), ("a.weight", first, [30, 41], [0, 0])], seed=2**63 + 1)
        self.assertEqual(first.bytes() + last.bytes(), expected["a.weight"][2])

    def test_flat_shards(self):
        """boxes_of of docs/sharding.md, as it stands there: every range of elements of some shapes."""
        with open(os.path.join(EXAMPLES, "..", "docs", "sharding.md")) as file:
            code = re.search(r"```python\n(def boxes_of.*?)```", file.read(), re.DOTALL).group(1)
        document = {}
        exec(code, document)
        for shape in ([7], [3, 4], [2, 3, 2], [1, 2, 1, 3], [2, 0, 3]):
            count = math.prod(shape)
            for begin in range(count + 1):
                for end in range(begin, count + 1):
                    there = []
                    for offset, extents in document["boxes_of"](begin, end, shape):
                        places = [range(o, o + n) for o, n in zip(offset, extents)]
                        self.assertTrue(all(0 <= p.start <= p.stop <= n for p, n in zip(places, shape)), (shape, begin, end))
                        for place in itertools.product(*places):
                            number = 0
                            for coordinate, extent in zip(place, shape):
                                number = number * extent + coordinate
                            there.append(number)
                    self.assertEqual(there, list(range(begin, end)), (shape, begin, end))

    def test_refused(self):
        arrays = {"a.weight": Array(3, 4), "odd": Array(2)}
        for init, rules, text in (("xavier", None, "'odd'"), ("xaver", None, "xaver"), ("normal", "[[", "rules")):
            with self.assertRaises(ValueError) as raised:
                from_python.fill(arrays.items(), init, rules)
            self.assertIn(text, str(raised.exception))
        for array in arrays.values():
            self.assertEqual(set(array.values), {7.0})

    def test_as_the_readme(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("this Python has no numpy")
        done = subprocess.run([sys.executable, "-B", os.path.join(EXAMPLES, "from_python.py")], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout, "-0.047468 0.035332 0.007767\n")


if __name__ == "__main__":
    main()
