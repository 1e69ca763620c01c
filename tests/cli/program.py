"""What the tests of the program share: running it, and safetensors files made and read by hand."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.environ["FANIN_PROGRAM"]
MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "models")
LONG = bool(os.environ.get("FANIN_TEST_LONG"))
# Means and deviations may be off by so many standard errors: about 2e-9 two-sided for one number, 1e-5 for a model's tensors.
ERRORS = 6.0

# Bytes and struct's letter of the dtypes; bfloat16 and float16 are read as their bits.
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
         "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1}
LETTERS = {"F64": "d", "F32": "f", "F16": "e", "BF16": "H", "I64": "q", "I32": "i", "I16": "h", "I8": "b",
           "U64": "Q", "U32": "I", "U16": "H", "U8": "B", "BOOL": "?"}


def fanin(*args, **kwargs):
    """Runs the program; the result has returncode, stdout, stderr."""
    kwargs.setdefault("stdout", subprocess.PIPE)
    kwargs.setdefault("stderr", subprocess.PIPE)
    kwargs.setdefault("timeout", 280)
    if "input" not in kwargs:
        kwargs.setdefault("stdin", subprocess.DEVNULL)
    text = not isinstance(kwargs.get("input"), bytes)
    return subprocess.run([PROGRAM, *map(str, args)], universal_newlines=text, **kwargs)


def model(name):
    return os.path.join(MODELS, name + ".json")


def rules(name):
    return os.path.join(MODELS, name + ".rules.json")


def elements(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


def file_bytes(header, data=b"", pad=True):
    """A safetensors file; `header` is a dictionary, or the JSON's bytes."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    if pad:
        text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def pack(tensors):
    """A file of {name: (dtype, shape, bytes)}."""
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return file_bytes(header, data)


class File:
    """A safetensors file read strictly, by code of the tests' own; the bytes of all tensors, or of those named."""

    def __init__(self, path, names=None):
        with open(path, "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            assert size % 8 == 0, "the data is not aligned"
            text = file.read(size)
            assert text.startswith(b"{")
            pairs = json.loads(text.decode(), object_pairs_hook=list)
            assert len({name for name, _ in pairs}) == len(pairs), "duplicate names"
            self.metadata = dict(dict(pairs).get("__metadata__", []))
            self.tensors = {}
            end = 0
            for name, entry in pairs:
                if name == "__metadata__":
                    continue
                entry = dict(entry)
                begin, stop = entry["data_offsets"]
                assert begin == end, "a hole before " + name
                assert stop - begin == elements(entry["shape"]) * SIZES[entry["dtype"]]
                end = stop
                if names is None or name in names:
                    file.seek(8 + size + begin)
                    self.tensors[name] = (entry["dtype"], entry["shape"], file.read(stop - begin))
            assert end == os.path.getsize(path) - 8 - size

    def values(self, name):
        dtype, shape, content = self.tensors[name]
        return struct.unpack("<%d%s" % (elements(shape), LETTERS[dtype]), content)

    def bits(self):
        return {name: content for name, (_, _, content) in self.tensors.items()}


def stat(path, *names):
    result = fanin("stat", path, *names, "--json")
    assert result.returncode == 0, result.stderr
    return {tensor["name"]: tensor for tensor in json.loads(result.stdout)["tensors"]}


def fast_folder():
    """Memory rather than disk where there is enough: whole models are synced."""
    if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 3e9:
        return "/dev/shm"
    return None


class Test(unittest.TestCase):
    """A test with a folder of its own."""

    large = False  # it writes more than memory holds

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="fanin-test-", dir=None if self.large else fast_folder())
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        with open(self.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return self.path(name)

    def done(self, *args, **kwargs):
        result = fanin(*args, **kwargs)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def assert_same_file(self, expected, found):
        """Both files are equal, byte for byte; they are removed."""
        with open(expected, "rb") as a, open(found, "rb") as b:
            while True:
                block = a.read(1 << 24)
                self.assertTrue(block == b.read(1 << 24), "the files differ")
                if not block:
                    break
        os.remove(expected)
        os.remove(found)

    def fails(self, code, text, *args, **kwargs):
        """It fails with this exit code, says `text` in one line (notes may come before it, names may follow), and leaves
        nothing behind."""
        before = sorted(os.listdir(self.folder))
        result = fanin(*args, **kwargs)
        self.assertEqual(result.returncode, code, result.stderr)
        lines = result.stderr.rstrip("\n").split("\n")
        first, *names = [line for line in lines if not line.startswith("fanin init: note: ")]
        self.assertIn(text, result.stderr)
        self.assertTrue(first.startswith("fanin"), first)
        for name in names:
            self.assertTrue(name.startswith("  ") or name[0].isdigit() or name.startswith("parameter"), name)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
        return result


def main():
    """Runs a file of tests. Skipped ones print their reason; exit code 77 where all were."""
    result = unittest.main(exit=False, verbosity=1).result
    for test, reason in result.skipped:
        print("skipped: %s: %s" % (test, reason))
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun > 0 and len(result.skipped) == result.testsRun else 0)
