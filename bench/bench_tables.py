"""The tables of docs/performance.md.   bench_tables.py FOLDER     prints those of a GPU, from what script/test-gpu left there"""
import json
import pathlib
import sys

BEGIN, END = "<!-- script/bench writes from here", "<!-- to here -->"


def rate(result, which="best"):
    return result["bytes"] / result["seconds"][which] / 1e9


def best_of(runs, kind, dtype, threads):
    """The fastest repeat, in seconds."""
    return min((r["seconds"]["best"] for run in runs for r in run["results"]
                if (r["initializer"], r["dtype"], r["threads"]) == (kind, dtype, threads)), default=None)


def ratio_rows(data, threads, runs=None):
    """(kind, dtype, GB/s of fanin, {rival: times})."""
    rows = []
    for kind in ("constant", "uniform", "normal"):
        for dtype, size in (("float32", 4), ("float64", 8), ("bfloat16", 2), ("float16", 2)):
            own = best_of(runs or data["ratio_runs"], kind, dtype, threads)
            if own is None:
                continue
            times = {}
            for rival in data["rivals"]:
                for r in rival.get("results", []) if rival.get("threads") == threads else []:
                    if (r["kind"], r["dtype"]) == (kind, dtype):
                        name, ratio = rival["rival"], r["seconds"]["best"] / own
                        times[name] = min(times.get(name, ratio), ratio)
            rows.append((kind, dtype, data["values"] * size / own / 1e9, times))
    return rows


def table(heading, rows):
    return ["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading)] + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def number(value):
    return "–" if value is None else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def ratio_table(data, threads, runs=None):
    present = list(dict.fromkeys(r["rival"] for r in data["rivals"] if r.get("threads") == threads and "missing" not in r))
    rows = [[kind, dtype, number(speed), *(number(times.get(rival)) for rival in present)]
            for kind, dtype, speed, times in ratio_rows(data, threads, runs)]
    return table(["fill", "dtype", "fanin, GB/s", *(f"× {rival}" for rival in present)], rows)


def size_table(run, threads):
    results = [r for r in run["results"] if r["group"] == "fill" and r["threads"] == threads and r["dtype"] == "float32"]
    sizes = sorted({r["bytes"] for r in results})
    kinds = list(dict.fromkeys(r["initializer"] for r in results))
    cell = {(r["initializer"], r["bytes"]): r for r in results}
    rows = [[kind, *(f"{rate(cell[kind, s]):.3g} ({100 * cell[kind, s]['memory_set_seconds']['best'] / cell[kind, s]['seconds']['best']:.0f} %)"
                     for s in sizes)] for kind in kinds]
    return table(["", *(f"{s >> 20} MiB" if s >= 1 << 20 else f"{s >> 10} KiB" for s in sizes)], rows)


def dtype_table(run, threads):
    most = max(r["bytes"] for r in run["results"] if r["group"] == "fill" and r["bytes"] <= 1 << 26)
    results = {(r["initializer"], r["dtype"]): r for r in run["results"]
               if r["group"] == "fill" and r["bytes"] == most and r["threads"] == threads}
    dtypes = ("float32", "float64", "bfloat16", "float16")
    kinds = list(dict.fromkeys(k for k, _ in results))
    rows = [[kind, *(f"{rate(results[kind, d], 'median'):.3g} ({rate(results[kind, d], 'worst'):.3g} to {rate(results[kind, d]):.3g})"
                     for d in dtypes)] for kind in kinds]
    return most, table(["", *dtypes], rows)


def micro(seconds):
    return f"{seconds * 1e6:.3g}" if seconds < 1e-4 else f"{seconds * 1e6:,.0f}"


def small_table(run):
    rows = []
    for r in run["results"]:
        if r["group"] == "small":
            text = [micro(r["seconds"][w]) for w in ("best", "median", "worst")]
            rows.append([r["name"].split("/")[1], r["initializer"], str(r["threads"]), *text])
    return table(["call", "fill", "threads", "fastest, µs", "median", "slowest"], rows)


def model_table(run):
    rows = [[r["initializer"], f"{r['values']:,}", r["dtype"], str(r["threads"]), *(f"{r['seconds'][w]:.3g}" for w in ("best", "median", "worst")),
             f"{rate(r):.3g}", f"{100 * r['memory_set_seconds']['best'] / r['seconds']['best']:.0f} %"]
            for r in run["results"] if r["group"] == "model"]
    return table(["model", "values", "dtype", "threads", "fastest, s", "median", "slowest", "GB/s", "of memory set"], rows)


def gpu_tables(data):
    """Fills and models on a GPU beside a kernel that only stores, torch, and the CPU where it was measured; nothing where there was
    no GPU."""
    run, torch = data["run"], data.get("gpu_torch", {})
    results = [r for r in run["results"] if r["threads"] == 0]
    if not results:
        return []
    others = {(r["kind"], r["dtype"]): r for r in torch.get("results", [])}
    has_cpu = any("cpu" in r for r in results)

    def cells(r):
        own, cpu = r["seconds"]["best"], r.get("cpu", {}).get("best")
        return [f"{rate(r, 'median'):.4g}", f"{100 * r['store_only_seconds']['best'] / own:.1f} %",
                *([number(cpu and r["bytes"] / cpu / 1e9), number(cpu and cpu / own)] if has_cpu else [])]

    def beside(r):
        other = others.get((r["initializer"], r["dtype"]))
        return ([f"{rate(other, 'median'):.4g}", f"{rate(r) / rate(other):.2f}"] if other else ["–", "–"]) if others else []
    heading = ["GB/s", "of a kernel that only stores", *(["CPU, GB/s", "times as fast"] if has_cpu else [])]
    torch_heading = [f"torch {torch['version']}, GB/s", "times as fast"] if others else []
    most = max((r["bytes"] for r in results if r["group"] == "fill"), default=0)
    fills = [[r["initializer"], r["dtype"], *cells(r), *beside(r)]
             for r in results if r["group"] in ("generator", "fill") and r["bytes"] == most]
    sizes = sorted({r["bytes"] for r in results if r["group"] == "fill"})
    by_size = {(r["initializer"], r["dtype"], r["bytes"]): r for r in results if r["group"] == "fill"}
    rows = [[f"{kind} {dtype}", *(f"{rate(by_size[kind, dtype, size], 'median'):.4g}" if (kind, dtype, size) in by_size else "–"
                                  for size in sizes)]
            for kind in ("one", "uniform", "normal") for dtype in ("float32", "bfloat16")]
    models = [[r["name"].split("/")[1], f"{r['values']:,}", r["dtype"], *(f"{r['seconds'][w] * 1e3:.3g}" for w in ("best", "median", "worst")),
               *cells(r)] for r in results if r["group"] == "model"]
    small = [[r["name"].split("/")[1], r["initializer"], *(micro(r["seconds"][w]) for w in ("best", "median", "worst"))]
             for r in results if r["group"] == "small"]
    torch_note = f" torch fills {torch['results'][0]['bytes'] >> 20} MiB." if others else ""
    return ["### GPU", "", f"{run['gpu']}. Rates are medians; shares and ratios, of fastest repeats.{torch_note}", "",
            f"Fills of {most >> 20} MiB; `words`: the generator alone, of 32 bits and the upper 16 of them, `mixed-words`: the mixed variant's:", "",
            *table(["fill", "dtype", *heading, *torch_heading], fills),
            "GB/s by size:", "", *table(["fill", *(f"{size >> 10} KiB" if size < 1 << 20 else f"{size >> 20} MiB" for size in sizes)], rows),
            "Models: rules, plan and fill, and `-run`, the call of `fanin_plan_run` alone:", "",
            *table(["model", "values", "dtype", "fastest, ms", "median", "slowest", *heading], models),
            "Small calls; -host: what the calling thread spends.", "",
            *table(["call", "fill", "fastest, µs", "median", "slowest"], small)]


def file_table(files):
    """One row a way, one column a folder."""
    folders = list(dict.fromkeys(r["folder"] for r in files))
    cell = {(r["folder"], r["way"]): r for r in files}

    def text(folder, way):
        result, own = cell[folder, way], cell[folder, "fanin init"]
        if "seconds" not in result:
            return "–"
        ratio = f" (× {number(result['seconds']['median'] / own['seconds']['median'])})" if "seconds" in own and way != "fanin init" else ""
        return f"{result['seconds']['median']:.3g} ({result['seconds']['best']:.3g} to {result['seconds']['worst']:.3g}){ratio}"
    ways = list(dict.fromkeys(r["way"] for r in files))
    return table(["", *("in memory" if f == "/dev/shm" else "on the disk" for f in folders)],
                 [[way, *(text(folder, way) for folder in folders)] for way in ways])


def bilinear_lines(data):
    rival = min((r["seconds"]["best"] for x in data["rivals"] if x.get("threads") == 1 for r in x.get("results", [])
                 if r["kind"] == "bilinear"), default=None)
    own = min((r["seconds"]["best"] for r in data["run"]["results"] if r["name"] == "fill/bilinear/float32/4MiB/t1"), default=None)
    if not rival or not own:
        return []
    return [f"Bilinear, 2^20 float32 values in filters of 16×16, one thread: {own * 1e6:.0f} µs; MXNet's initializer "
            f"{rival:.2f} s, {rival / own:,.0f} times as long.", ""]


def loads(data):
    runs = [*data["ratio_runs"], *data["avx2_runs"], data["scaling_run"], data["run"], *(r for r in data["rivals"] if "missing" not in r)]
    values = [run["load_before"] for run in runs]
    return f"{min(values):.1f} to {max(values):.1f}"


def tables(data):
    run = {**data["run"], "results": [r for r in data["run"]["results"] if r["threads"] > 0]}
    threads = sorted({r["threads"] for r in run["results"]})
    versions = {r["rival"]: f"{r['version']} (Python {r['python']})" for r in data["rivals"] if "missing" not in r}
    missing = sorted({f"{r['rival']} ({r['missing']})" for r in data["rivals"] if "missing" in r})
    out = [f"{data['date']}, `{data['command']}`: {run['cpu']}, {run['processors']} processors, {run['memory'] / 2 ** 30:.1f} GiB, largest "
           f"cache {run['largest_cache'] >> 20} MiB; compiler {run['compiler']}; fanin {run['fanin']}, kernels {run['kernels']}. "
           f"Load average when the runs started, fanin's and the others': {loads(data)}; at the end {data['load_after']:.1f}. "
           f"The benchmark itself is 1 to {threads[-1]} of it; more is others' work on the same processors, which slows both sides, "
           "and most of all the rows with as many threads as processors.", ""]
    if data["rivals"]:
        out += ["### Beside others", "",
                f"{data['values']:,} values; how many times as long the others take, fastest repeat against fastest, of "
                f"{data['passes']} passes by turns with {data['repeats']} repeats each on all sides. "
                + ", ".join(f"{k} {v}" for k, v in versions.items()) + "."
                + (f" Missing: {'; '.join(missing)}." if missing else ""), ""]
        for count in sorted({r["threads"] for r in data["rivals"] if "missing" not in r}):
            out += [f"{count} thread{'s' if count > 1 else ''}:", "", *ratio_table(data, count)]
        if data["avx2_runs"]:
            out += ["One thread, AVX2 forced (`FANIN_CPU=avx2`):", "", *ratio_table(data, 1, data["avx2_runs"])]
        notes = {r["rival"]: r["note"] for r in data["rivals"] if r.get("note")}
        out += [*(f"* {name}: {note}." for name, note in notes.items()), "", *bilinear_lines(data)]
    for count in threads:
        out += [f"### float32 by size, {count} thread{'s' if count > 1 else ''}", "",
                "GB/s of the fastest repeat (share of memory set). Caches are flushed before each repeat from 4 MiB on.", "",
                *size_table(run, count)]
    for count in threads:
        most, rows = dtype_table(run, count)
        out += [f"### dtypes, {most >> 20} MiB, {count} thread{'s' if count > 1 else ''}", "", "GB/s: median (slowest to fastest repeat).", "", *rows]
    out += ["### Small calls", "",
            "init-64: one `fanin_init` of 64 float32 values. plan-10000x64: 10,000 tensors of 64 values; run: `fanin_plan_run` alone, of a "
            "plan that was checked; all: with making, adding and freeing.", "", *small_table(run)]
    out += ["### Whole models", "", "Rules, plans and fills, in pieces of at most 512 MiB of memory.", "", *model_table(run)]
    out += gpu_tables(data)
    if data.get("files"):
        out += ["### A file of GPT-2", "",
                f"{data['files'][0]['bytes']:,} bytes, the whole process, start to end, seconds: median (fastest to slowest; × the median of "
                "`fanin init`). zeros: as many bytes of zeros written the same way (`bench/rivals/write_zeros.py`), the disk's sync included; "
                f"transformers{' ' * bool(data.get('transformers'))}{data.get('transformers', '')}: builds `GPT2LMHeadModel` and saves it, without a sync; its imports: only "
                "starts Python and imports torch and transformers.", "", *file_table(data["files"])]
    return out


def write(data, path):
    """Replaces what stands between the markers; a file without them gets them at its end."""
    text = path.read_text() if path.exists() else "# Performance\n\n"
    if BEGIN not in text:
        text += f"{BEGIN} -->\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    first, after = rest.split("\n", 1)
    after = after.split(END, 1)[1]
    path.write_text(before + BEGIN + first + "\n\n" + "\n".join(tables(data)) + "\n" + END + after)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch = folder / "torch.json"
    data = {"run": json.loads((folder / "bench.json").read_text()), "gpu_torch": json.loads(torch.read_text()) if torch.exists() else {}}
    print("\n".join(gpu_tables(data)))


if __name__ == "__main__":
    main()
