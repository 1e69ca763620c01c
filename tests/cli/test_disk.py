"""A full disk, a limit of file sizes, a read-only folder: a clear error, no file left, and what was there stays."""

import os
import resource
import struct
import subprocess
import unittest

from program import Test, fanin, main

# 8 MB: more than the tiny disk, less than one window.
SHAPES = {"a.weight": {"dtype": "F32", "shape": [2000, 1000]}}
# 40 MB: fails in the middle, while the next window is being filled.
LARGE = {"a.weight": {"dtype": "F32", "shape": [10000, 1000]}}


NOBODY = 65534


class Disk(Test):
    def mount(self, kind, options):
        folder = self.path("disk")
        os.mkdir(folder)
        if subprocess.run(["mount", "-t", kind, "-o", options, kind, folder], stderr=subprocess.DEVNULL).returncode != 0:
            raise unittest.SkipTest("cannot mount a %s here (no permission)" % kind)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        return folder

    def fill(self, shapes, target, **kwargs):
        path = self.write("in.json", shapes)
        return fanin("init", "--like", path, "--init", "normal", "-o", target, **kwargs)

    def check_failure(self, result, folder, text):
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertEqual(result.stdout, "")
        self.assertEqual(os.listdir(folder), ["out"])
        with open(os.path.join(folder, "out")) as file:
            self.assertEqual(file.read(), "old")

    def old_file(self, folder):
        target = os.path.join(folder, "out")
        with open(target, "w") as file:
            file.write("old")
        return target

    def test_full(self):
        folder = self.mount("tmpfs", "size=1m")
        self.check_failure(self.fill(SHAPES, self.old_file(folder)), folder, "No space left on device")

    def test_size_limit(self):
        folder = self.path("limited")
        os.mkdir(folder)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        self.check_failure(self.fill(SHAPES, self.old_file(folder), preexec_fn=limit), folder, "File too large")

    def test_fails_in_the_middle(self):
        """A file system that cannot reserve space."""
        folder = self.mount("ramfs", "mode=755")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20 << 20, 20 << 20))
        self.check_failure(self.fill(LARGE, self.old_file(folder), preexec_fn=limit), folder, "File too large")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4))
        self.check_failure(self.fill(LARGE, os.path.join(folder, "out"), preexec_fn=limit), folder, "File too large")

    def test_conversion_fails(self):
        """Also when the last bytes are written, which no further window follows."""
        folder = self.mount("ramfs", "mode=755")
        content = struct.pack("<IiIq", 0xF993FAC9, 0, 1, 2 << 20) + struct.pack("<iii", 1, 0, 0) + bytes(8 << 20)
        source = self.write("in.params", struct.pack("<QQQ", 0x112, 0, 1) + content + struct.pack("<QQ", 1, 1) + b"x")
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20))
        self.check_failure(fanin("convert", source, self.old_file(folder), preexec_fn=limit), folder, "File too large")

    def test_read_only_mount(self):
        folder = self.mount("tmpfs", "size=16m")
        target = self.old_file(folder)
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        self.check_failure(self.fill(SHAPES, target), folder, "Read-only file system")

    def without_rights(self, mode):
        """A folder with an old file, and how to run the program as one whose rights to it are these: root has all."""
        folder = self.path("folder")
        os.mkdir(folder)
        target = self.old_file(folder)
        self.addCleanup(os.chmod, folder, 0o755)
        become = {}
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            os.chown(folder, NOBODY, NOBODY)
            become = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chmod(folder, mode)
        try:
            if fanin("--version", **become).returncode != 0:
                self.skipTest("the program cannot be run by others than root here")
        except PermissionError:
            self.skipTest("the program cannot be reached by others than root here")
        return folder, target, become

    def test_read_only_folder(self):
        folder, target, become = self.without_rights(0o555)
        self.check_failure(self.fill(SHAPES, target, **become), folder, "Permission denied")

    def test_folder_that_may_not_be_read(self):
        """Files may be put into it."""
        folder, target, become = self.without_rights(0o300)
        result = self.fill(SHAPES, target, **become)
        self.assertEqual(result.returncode, 0, result.stderr)
        os.chmod(folder, 0o755)
        self.assertEqual(os.listdir(folder), [os.path.basename(target)])
        self.assertGreater(os.path.getsize(target), 8000000)


if __name__ == "__main__":
    main()
