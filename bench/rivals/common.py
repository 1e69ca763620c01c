"""Timing that the rivals share. Runs on Python 3.8 and newer."""
import argparse
import json
import math
import os
import sys
import time

SCALE, SIGMA, CONSTANT = 0.07, 0.02, 0.5
DTYPES = ("float32", "float64", "bfloat16", "float16")
BILINEAR = (64, 64, 16, 16)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--values", type=int, required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", required=True)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="cuda: torch alone")
    return parser.parse_args()


def limit_threads(count):
    """Before a framework is imported: what it reads from the environment."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(count)


def limit_processors(count):
    """For a framework that takes as many threads as it may use processors."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def huge_bytes():
    """Of this process's memory, what is in huge pages; None where the system does not tell."""
    try:
        with open("/proc/self/smaps_rollup") as file:
            return next((1024 * int(line.split()[1]) for line in file if line.startswith("AnonHugePages:")), None)
    except OSError:
        return None


def check(what, kind, values):
    """values: a float64 NumPy array of some of the answer."""
    mean, deviation, most = float(values.mean()), float(values.std()), float(abs(values).max())
    right = {"constant": (CONSTANT, 0, CONSTANT), "uniform": (0, SCALE / math.sqrt(3), SCALE),
             "normal": (0, SIGMA, None), "bilinear": (None, None, None)}[kind]
    error = 0.02 * (right[1] or 1) + 0.005
    good = all(r is None or abs(f - r) <= error for f, r in zip((mean, deviation, most), right))
    if not good:
        sys.exit(f"{what}: the numbers are not what was asked for: mean {mean}, deviation {deviation}, most {most}")


class Rival:
    def __init__(self, name, version, args, note=""):
        self.args, self.out = args, {"rival": name, "version": version, "python": ".".join(map(str, sys.version_info[:2])),
                                     "threads": args.threads, "note": note, "results": []}

    def time(self, kind, dtype, values, size, run, sample, calls=1):
        """run() makes the answer, so many times, and waits for it; sample(answer) is a float64 NumPy array of some of it."""
        answer = run()
        check(f"{self.out['rival']} {kind} {dtype}", kind, sample(answer))
        huge = huge_bytes()
        del answer
        seconds = []
        while len(seconds) < self.args.repeats:
            begin = time.perf_counter()
            answer = run()
            seconds.append((time.perf_counter() - begin) / calls)
            del answer
        seconds.sort()
        self.out["results"].append({"kind": kind, "dtype": dtype, "values": values, "bytes": values * size, "huge_bytes": huge,
                                    "repeats": len(seconds),
                                    "seconds": {"best": seconds[0], "median": seconds[len(seconds) // 2],
                                                "worst": seconds[-1]}})
        print(f"{self.out['rival']:6} {kind:8} {dtype:8} t{self.args.threads} {values * size / seconds[0] / 1e9:8.3f} GB/s "
              f"(median {values * size / seconds[len(seconds) // 2] / 1e9:.3f})", flush=True)

    def write(self):
        with open(self.args.json, "w") as file:
            json.dump(self.out, file)
