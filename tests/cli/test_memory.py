"""Memory does not grow with the model."""

import os

from program import PROGRAM, Test, main, model, rules


class Memory(Test):
    def most(self, *args):
        """Bytes that were resident at most; this Python's own before it became the program are a lower bound."""
        child = os.fork()
        if child == 0:
            os.execv(PROGRAM, [PROGRAM, *args])
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(status, 0)
        print("resident at most: %.1f MB" % (usage.ru_maxrss * 1024 / 1e6))
        return usage.ru_maxrss * 1024

    def test_gpt2(self):
        """60 MB at most for a file of 498 MB."""
        self.assertLess(self.most("init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--quiet", "-o", self.path("out")), 60e6)

    def test_stat(self):
        self.done("init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--quiet", "-o", self.path("out"))
        self.assertLess(self.most("stat", self.path("out")), 60e6)

    def test_many_small_tensors(self):
        """What grows with the number of tensors is a kilobyte for each."""
        path = self.write("many.json", {"t%06d.weight" % i: {"dtype": "F32", "shape": [2, 2]} for i in range(20000)})
        self.assertLess(self.most("init", "--like", path, "--init", "normal", "--quiet", "-o", self.path("out")), 60e6)


if __name__ == "__main__":
    main()
