"""Memory does not grow with the model."""

import math
import os
import resource
import shutil
import struct
import unittest

from program import ERRORS, LONG, PROGRAM, Test, fanin, main, model, rules, stat


class Measured(Test):
    def most(self, *args):
        """Bytes that were resident at most; this Python's own before it became the program are a lower bound."""
        child = os.fork()
        if child == 0:
            os.execv(PROGRAM, [PROGRAM, *args])
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(status, 0)
        print("resident at most: %.1f MB" % (usage.ru_maxrss * 1024 / 1e6))
        return usage.ru_maxrss * 1024


class Memory(Measured):
    def test_gpt2(self):
        """60 MB at most for a file of 498 MB."""
        self.assertLess(self.most("init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--quiet", "-o", self.path("out")), 60e6)

    def test_stat(self):
        self.done("init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--quiet", "-o", self.path("out"))
        self.assertLess(self.most("stat", self.path("out")), 60e6)

    def test_convert(self):
        """One array of 400 MB from a file with a hole in it."""
        path = self.path("in.params")
        with open(path, "wb") as file:
            file.write(struct.pack("<QQQIiIqiii", 0x112, 0, 1, 0xF993FAC9, 0, 1, 10**8, 1, 0, 0))
            file.seek(4 * 10**8, os.SEEK_CUR)
            file.write(struct.pack("<QQs", 1, 1, b"x"))
        self.assertLess(self.most("convert", path, self.path("out"), "--quiet"), 60e6)

    def test_load(self):
        """The same from a safetensors file."""
        header = b'{"x":{"dtype":"F32","shape":[100000000],"data_offsets":[0,400000000]}}'
        path = self.path("in.safetensors")
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.truncate(8 + len(header) + 4 * 10**8)
        self.assertLess(self.most("init", "--like", path, "--init", '["load", {"param": "%s"}]' % path, "--quiet", "-o",
                                  self.path("out")), 60e6)

    def test_many_small_tensors(self):
        """What grows with the number of tensors is a kilobyte for each."""
        path = self.write("many.json", {"t%06d.weight" % i: {"dtype": "F32", "shape": [2, 2]} for i in range(20000)})
        self.assertLess(self.most("init", "--like", path, "--init", "normal", "--quiet", "-o", self.path("out")), 60e6)


class Threads(Test):
    def test_no_room_for_threads(self):
        """OpenMP may end the process where it cannot start its threads: no file is left."""
        os.mkdir(self.path("out"))
        most = 150 << 20
        result = fanin("init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--threads", 32, "-o", self.path("out/file"),
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)))
        self.assertEqual(os.listdir(self.path("out")), ["file"] if result.returncode == 0 else [])
        print("threads that cannot be started: exit status %d" % result.returncode)


class Addresses(Test):
    def test_no_room_for_blas(self):
        """OpenBLAS would try for ever to get its memory, when it is loaded, in a matrix or at the end, or end the process."""
        shapes = self.write("in.json", {"q.weight": {"dtype": "F32", "shape": [200, 100]}})
        processors = len(os.sched_getaffinity(0))
        for threads, most, code in [(1, 100, 1), (1, 150, 1), (1, 200, 1), (1, 500, 0),
                                    (2, 100, 1), (2, 150, 1), (2, 250, 1), (2, 300, 1), (2, 800, 0)]:
            if threads > processors:
                continue
            limit = (most << 20, most << 20)
            result = fanin("init", "--like", shapes, "--init", "orthogonal", "--quiet", "-o", self.path("out"), timeout=60,
                           env=dict(os.environ, OPENBLAS_NUM_THREADS=str(threads)),
                           preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_AS, limit))
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertEqual(f"'q.weight': orthogonal matrices take {128 * threads} MiB" in result.stderr, code == 1, result.stderr)


class Llama(Measured):
    large = True

    @unittest.skipUnless(LONG, "all of Llama takes 16 GB: set FANIN_TEST_LONG")
    def test_llama(self):
        """100 MB at most for a file of 16 GB."""
        if shutil.disk_usage(self.folder).free < 18e9:
            self.skipTest("18 GB of disk are needed")
        out = self.path("out.safetensors")
        self.assertLess(self.most("init", "--like", model("llama-3-8b"), "--rules", rules("llama-3-8b"), "--quiet", "-o", out), 100e6)
        self.assertGreater(os.path.getsize(out), 16060522496)
        for name, measured in stat(out).items():
            if "norm" not in name:
                self.assertLess(abs(measured["std"] - 0.02), 0.02 * (ERRORS / math.sqrt(2 * measured["count"]) + 2e-5), name)


if __name__ == "__main__":
    main()
