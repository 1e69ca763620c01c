"""Any number of threads, and any variant of the kernels, gives the same file and the same statistics; run under the thread sanitizer too."""

import os

from program import File, Test, fanin, main

SHAPES = {"a.weight": {"dtype": "F32", "shape": [3, 5, 7, 23011]}, "b.weight": {"dtype": "BF16", "shape": [1000003]},
          "c.weight": {"dtype": "F64", "shape": [701, 997]}, "d.bias": {"dtype": "F32", "shape": [5]}}


class Threads(Test):
    def test_init(self):
        shapes = self.write("shapes.json", SHAPES)
        files = []
        for threads in (1, 2, 3, 4):
            out = self.path("out%d" % threads)
            self.done("init", "--like", shapes, "--init", "normal", "--threads", threads, "-o", out)
            files.append(File(out).bits())
        out = self.path("portable")
        self.done("init", "--like", shapes, "--init", "normal", "--cpu", "portable", "-o", out)
        files.append(File(out).bits())
        for file in files[1:]:
            self.assertEqual(file, files[0])

    def test_stat(self):
        out = self.path("out")
        self.done("init", "--like", self.write("shapes.json", SHAPES), "--init", "uniform", "-o", out)
        texts = set()
        for threads in (1, 2, 3, 8):
            result = fanin("stat", out, "--json", env=dict(os.environ, OMP_NUM_THREADS=str(threads)))
            self.assertEqual(result.returncode, 0, result.stderr)
            texts.add(result.stdout)
        self.assertEqual(len(texts), 1)

    def test_bound(self):
        """OpenMP may bind the first thread to one processor; the others count all the same."""
        texts = {fanin("devices", env=dict(os.environ, **bound)).stdout
                 for bound in ({"OMP_PROC_BIND": "false"}, {"OMP_PROC_BIND": "true"}, {"OMP_PROC_BIND": "close"}, {"OMP_PLACES": "cores"})}
        self.assertEqual(len(texts), 1, texts)


if __name__ == "__main__":
    main()
