"""The program on a real GPU: the files of whole models are those of the CPU, byte for byte. Needs a GPU."""

import ctypes
import unittest

from program import Test, fanin, main, model, rules

DEVICES = fanin("devices").stdout
NONE = next((line for line in DEVICES.splitlines() if line.startswith("cuda    ")), None)


@unittest.skipIf(NONE is not None, NONE)
class Gpu(Test):
    def same_file(self, *arguments):
        cpu, device = self.path("cpu"), self.path("device")
        self.done("init", *arguments, "-o", cpu)
        self.done("init", *arguments, "--device", "cuda:0", "-o", device)
        self.assert_same_file(cpu, device)

    def test_devices(self):
        self.assertRegex(DEVICES, r"\ncuda:0  .+, compute capability \d+\.\d, \d+ multiprocessors, [\d.]+ GiB\n")

    def test_models(self):
        for name in ("mnist-mlp", "lstm-lm", "fcn-8s", "resnet50", "gpt2"):
            self.same_file("--like", model(name), "--rules", rules(name), "--seed", "7")

    def test_dtypes_and_shards(self):
        for dtype in ("float16", "bfloat16", "float64"):
            self.same_file("--like", model("resnet50"), "--rules", rules("resnet50"), "--dtype", dtype, "--shard", "1/3")

    def test_wrong_device(self):
        self.fails(1, "found CUDA device 99, expected 0 to ", "init", "--like", model("mnist-mlp"), "--init", "one", "--device",
                   "cuda:99", "-o", self.path("out"))

    def test_no_memory(self):
        """While another process has all of the device's memory, the file is not made, and the error says why."""
        driver = ctypes.CDLL("libcuda.so.1")
        context, device, memory = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_void_p()
        self.assertEqual(driver.cuInit(0), 0)
        self.assertEqual(driver.cuDeviceGet(ctypes.byref(device), 0), 0)
        self.assertEqual(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device), 0)
        self.assertEqual(driver.cuCtxSetCurrent(context), 0)
        blocks, size = [], 1 << 36
        while size >= 1 << 20:
            if driver.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(size)) == 0:
                blocks.append(memory.value)
            else:
                size //= 2
        try:
            self.fails(1, "memory", "init", "--like", model("gpt2"), "--rules", rules("gpt2"), "--device", "cuda:0", "-o",
                       self.path("out"))
        finally:
            for block in blocks:
                self.assertEqual(driver.cuMemFree_v2(ctypes.c_uint64(block)), 0)
            driver.cuDevicePrimaryCtxRelease(device)
        self.done("init", "--like", model("mnist-mlp"), "--init", "one", "--device", "cuda:0", "-o", self.path("out"))


if __name__ == "__main__":
    main()
