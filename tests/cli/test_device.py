"""The program and its devices: those of this machine, and a module in the place of CUDA's whose devices are the host."""

import os
import shutil

from program import PROGRAM, Test, fanin, main, model, rules

LIBRARY, MODULE = os.environ["FANIN_LIBRARY"], os.environ["FANIN_HOST_MODULE"]


class Device(Test):
    def host_devices(self):
        """An environment in which the host stands in for two devices: the library is loaded from a folder with the other module."""
        folder = self.path("lib")
        if not os.path.isdir(folder):
            os.mkdir(folder)
            shutil.copy(LIBRARY, os.path.join(folder, os.environ["FANIN_SONAME"]))
            shutil.copy(MODULE, os.path.join(folder, "libfanin_cuda.so"))
        return dict(os.environ, LD_LIBRARY_PATH=folder)

    def same_file(self, *arguments):
        """Fills on the CPU and on the stand-in; both files must be equal, byte for byte."""
        cpu, device = self.path("cpu"), self.path("device")
        self.done("init", *arguments, "-o", cpu)
        result = fanin("init", *arguments, "--device", "cuda", "-o", device, env=self.host_devices())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_same_file(cpu, device)

    def test_one_window(self):
        self.same_file("--like", model("mnist-mlp"), "--rules", rules("mnist-mlp"), "--seed", "7")

    def test_many_windows(self):
        """GPT-2 is 475 MiB: eight windows. In 16 bits: four, and the last one full of other tensors."""
        self.same_file("--like", model("gpt2"), "--rules", rules("gpt2"), "--seed", "7")
        self.same_file("--like", model("gpt2"), "--rules", rules("gpt2"), "--dtype", "bfloat16", "--shard", "1/3")

    def test_empty(self):
        self.same_file("--like", self.write("in.json", {}))
        self.same_file("--like", self.write("in.json", {"a.weight": {"dtype": "F32", "shape": [0, 3]}}), "--init", "one")

    def test_devices(self):
        result = fanin("devices", env=self.host_devices())
        self.assertEqual(result.returncode, 0)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[0], r"^cpu     (portable|avx2|avx512|neon), \d+ threads?$")
        self.assertRegex(lines[1], r"^cuda:0  Host in the place of a device, compute capability 9\.0, 1 multiprocessors, 1\.0 GiB$")
        self.assertTrue(lines[2].startswith("cuda:1  "))

    def test_no_module(self):
        environment = self.host_devices()
        os.remove(self.path("lib/libfanin_cuda.so"))
        result = fanin("devices", env=environment)
        self.assertEqual(result.returncode, 0)
        self.assertIn("\ncuda    none: this fanin has no CUDA backend", result.stdout)
        result = fanin("init", "--like", model("mnist-mlp"), "--init", "one", "--device", "cuda", "-o", self.path("out"), env=environment)
        self.assertEqual(result.returncode, 1)
        self.assertIn("no CUDA backend", result.stderr)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_no_driver(self):
        """The reason once, in the program's words."""
        environment = dict(self.host_devices(), FANIN_TEST_NO_DRIVER="1")
        reason = "there is no NVIDIA driver on this machine (libcuda.so.1)\n"
        self.assertTrue(fanin("devices", env=environment).stdout.endswith("\ncuda    none: " + reason))
        result = fanin("init", "--like", model("mnist-mlp"), "--init", "one", "--device", "cuda", "-o", self.path("out"), env=environment)
        self.assertEqual((result.returncode, result.stderr), (1, "fanin init: --device cuda:0: " + reason))

    def test_failures(self):
        """A device that is not there; one whose memory is exhausted: one line, and no file."""
        for device, text in (("cuda:2", "--device cuda:2: found a device that is not there"), ("cuda:1", "has no memory")):
            result = fanin("init", "--like", model("mnist-mlp"), "--rules", rules("mnist-mlp"), "--device", device, "-o",
                           self.path("out"), env=self.host_devices())
            self.assertEqual(result.returncode, 1)
            self.assertIn(text, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertEqual([name for name in os.listdir(self.path(".")) if "out" in name], [])

    def test_this_machine(self):
        result = fanin("devices")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"\ncuda(:0)?  ")
        self.assertEqual(fanin("devices", "x").returncode, 2)
        path = self.path("out")
        result = fanin("init", "--like", model("mnist-mlp"), "--init", "one", "--device", "cuda:999", "-o", path)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--device cuda:999: ", result.stderr)
        self.assertNotIn("parameter", result.stderr)
        self.assertNotIn("CUDA: ", result.stderr)
        self.assertFalse(os.path.exists(path))


if __name__ == "__main__":
    main()
