"""GPT-2 as a file, each way a process of its own: fanin init, transformers, and the same bytes of zeros."""
import os
import pathlib
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "examples" / "models" / "gpt2"
RIVALS = ROOT / "bench" / "rivals"


def seconds_of(command):
    """From the start of the process to its end, with the disk quiet before; or None and why not."""
    os.sync()
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    seconds = time.perf_counter() - begin
    lines = done.stderr.strip().splitlines()
    return (seconds, None) if done.returncode == 0 else (None, lines[-1] if lines else f"exit code {done.returncode}")


def measure(program, python, repeats, folders):
    """Ways by turns, `repeats` times, in each folder. python: one with transformers, or None."""
    out = []
    for folder in folders:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            target = pathlib.Path(scratch) / "model.safetensors"
            init = [program, "init", "--like", f"{MODEL}.json", "--quiet", "-o", target]
            ways = {"fanin init": [*init, "--rules", f"{MODEL}.rules.json", "--seed", "42"],
                    "zeros": ["python3", RIVALS / "write_zeros.py", target]}
            if python:
                ways["transformers"] = [python, RIVALS / "save_gpt2.py", scratch]
                ways["its imports"] = [python, RIVALS / "save_gpt2.py"]
            times, missing = {way: [] for way in ways}, {}
            for turn in range(repeats + 1):
                # Back and forth: a disk may be slow for a while after much was written, and no way always follows the same other.
                for way, command in list(ways.items())[::-1 if turn % 2 else 1]:
                    if way in missing:
                        continue
                    if way == "zeros":
                        command = [*command, str(target.stat().st_size)]
                    seconds, reason = seconds_of(command)
                    if reason:
                        missing[way] = reason
                    elif turn > 0:  # the first turn brings programs and libraries into memory
                        times[way].append(seconds)
            size = target.stat().st_size
        for way in ways:
            inside = ROOT in folder.parents
            result = {"folder": str(folder.relative_to(ROOT) if inside else folder), "way": way, "bytes": size}
            if way in missing:
                result["missing"] = missing[way]
            else:
                in_order = sorted(times[way])
                result["seconds"] = {"best": in_order[0], "median": in_order[len(in_order) // 2], "worst": in_order[-1]}
            out.append(result)
    return out
