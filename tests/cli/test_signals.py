"""An interrupt leaves no half file, and the program dies by the signal."""

import os
import resource
import signal
import subprocess
import time

from program import PROGRAM, File, Test, main


class Signals(Test):
    def start(self, **kwargs):
        """A run that takes a while, and its temporary file is there."""
        os.makedirs(self.path("out"), exist_ok=True)
        shapes = self.write("in.json", {"a.weight": {"dtype": "F64", "shape": [100000, 500]}})
        process = subprocess.Popen([PROGRAM, "init", "--like", shapes, "--init", "normal", "-o", self.path("out/file")],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
        while process.poll() is None and not os.listdir(self.path("out")):
            pass
        return process

    def test_signals(self):
        """On a busy machine runs may end before their signals come: one of three rounds interrupts most."""
        self.assertTrue(any(self.interrupt_all() > 10 for _ in range(3)))

    def interrupt_all(self):
        """Of 20 runs, how many were interrupted."""
        interrupted = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU):
            for delay in (0, 0.003, 0.02, 0.05):
                # Without a core file of those that make one.
                process = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)))
                time.sleep(delay)
                process.send_signal(number)
                output, _ = process.communicate(timeout=60)
                left = os.listdir(self.path("out"))
                if process.returncode == -number:
                    # Between the renaming and the end it may be whole.
                    interrupted += not left
                    self.assertIn(left, ([], ["file"]))
                else:
                    self.assertEqual((process.returncode, left), (0, ["file"]))
                if left:
                    File(self.path("out/file"))
                    os.unlink(self.path("out/file"))
        return interrupted

    def test_old_file_stays(self):
        os.mkdir(self.path("out"))
        self.write("out/file", "old")
        shapes = self.write("in.json", {"a.weight": {"dtype": "F64", "shape": [100000, 500]}})
        process = subprocess.Popen([PROGRAM, "init", "--like", shapes, "--init", "normal", "-o", self.path("out/file")],
                                   stdout=subprocess.PIPE)
        while process.poll() is None and len(os.listdir(self.path("out"))) < 2:
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual(os.listdir(self.path("out")), ["file"])
        with open(self.path("out/file")) as file:
            self.assertEqual(file.read(), "old")

    def test_name_is_taken(self):
        """A folder gets the file's name while it is written: it stays, and that is an error."""
        process = self.start()
        os.mkdir(self.path("out/file"))
        output, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, output), (1, b""))
        self.assertIn(b"cannot be written: Is a directory", error)
        self.assertEqual(os.listdir(self.path("out")), ["file"])

    def test_ignored(self):
        """What the parent ignores (nohup, a background job) stays ignored."""
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        File(self.path("out/file"))


if __name__ == "__main__":
    main()
