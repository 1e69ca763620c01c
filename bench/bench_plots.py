"""The plots of script/bench, as SVG with nothing but the standard library."""
import html
import math

import bench_tables

COLOURS = {"constant": "#4a3aa7", "uniform": "#2a78d6", "normal": "#eb6834", "normal bfloat16": "#1baf7a"}
INK, FAINT, GRID = "#222", "#666", "#ddd"
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 400, 64, 170, 44, 52


class Plot:
    def __init__(self, title):
        self.body = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
                     f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
        self.text(LEFT, 24, title, size=15)

    def text(self, x, y, text, anchor="start", colour=INK, size=12):
        self.body.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{text}</text>')

    def line(self, points, colour, width=2, dash=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
                         f'stroke-dasharray="{dash}"/>')

    def bar(self, x, y, width, height, colour):
        self.body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{colour}"/>')

    def grid(self, ticks, place, unit):
        for tick in ticks:
            y = place(tick)
            self.line([(LEFT, y), (WIDTH - RIGHT, y)], GRID, 1)
            self.text(LEFT - 8, y + 4, f"{tick:g}", "end", FAINT)
        self.text(LEFT - 8, TOP - 8, unit, "end", FAINT)

    def ends(self, names):
        """Names at the ends of lines, moved apart. names: (y, text, colour)."""
        last = -100
        for y, text, colour in sorted(names):
            last = max(y, last + 15)
            self.text(WIDTH - RIGHT + 8, last + 4, text, colour=colour)

    def write(self, path):
        path.write_text("\n".join(self.body) + "\n</svg>\n")


def log_scale(low, high, start, end):
    return lambda v: start + (end - start) * (math.log(v) - math.log(low)) / (math.log(high) - math.log(low))


def nice_ticks(low, high):
    return [m * 10 ** e for e in range(-3, 5) for m in (1, 2, 5) if low <= m * 10 ** e <= high]


def size_name(size):
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:g} {unit}"
        size /= 1024
    return f"{size:g} GiB"


def by_size(data, path):
    results = [r for r in data["run"]["results"] if r["group"] == "fill" and r["threads"] == 1]
    plot = Plot("GB/s by size, one thread, fastest repeat (float32 where not said)")
    lines = {}
    for name, kind, dtype in (("constant", "constant", "float32"), ("uniform", "uniform", "float32"),
                              ("normal", "normal", "float32"), ("normal bfloat16", "normal", "bfloat16")):
        lines[name] = sorted((r["bytes"], bench_tables.rate(r)) for r in results
                             if r["initializer"] == kind and r["dtype"] == dtype)
    ceiling = sorted((r["bytes"], r["bytes"] / r["memory_set_seconds"]["best"] / 1e9) for r in results
                     if r["initializer"] == "constant" and r["dtype"] == "float32")
    every = [p for line in [*lines.values(), ceiling] for p in line]
    low, high = min(r for _, r in every) / 1.2, max(r for _, r in every) * 1.2
    x = log_scale(min(s for s, _ in every), max(s for s, _ in every), LEFT, WIDTH - RIGHT)
    y = log_scale(low, high, HEIGHT - BOTTOM, TOP)
    plot.grid(nice_ticks(low, high), y, "GB/s")
    for size, _ in ceiling:
        plot.text(x(size), HEIGHT - BOTTOM + 20, size_name(size), "middle", FAINT, 11)
    ends = []
    for name, line in [*lines.items(), ("memory set", ceiling)]:
        colour = COLOURS.get(name, FAINT)
        plot.line([(x(s), y(r)) for s, r in line], colour, 2, "5 4" if line is ceiling else "")
        ends.append((y(line[-1][1]), name, colour))
    plot.ends(ends)
    plot.write(path)


def ratios(data, path):
    shown = [("constant", "float32"), *((kind, dtype) for kind in ("uniform", "normal") for dtype in ("float32", "bfloat16"))]
    rows = [r for r in bench_tables.ratio_rows(data, 1) if r[:2] in shown]
    rivals = ["torch", "numpy", "jax", "mxnet"]
    groups = [(f"{kind} {dtype}", times) for kind, dtype, _, times in rows]
    every = [t for _, times in groups for t in times.values()]
    if not every:
        return
    plot = Plot(f"How many times as fast as others, one thread, {data['values']:,} values")
    run = data["ratio_runs"][0]
    plot.text(LEFT, 38, html.escape(f"{run['cpu']}, kernels {run['kernels']}; fastest of {data['passes'] * data['repeats']} repeats"),
              colour=FAINT, size=11)
    low, high = min(1, min(every)) / 1.3, max(every) * 1.3
    y = log_scale(low, high, HEIGHT - BOTTOM, TOP)
    plot.grid(nice_ticks(low, high), y, "times")
    colours = dict(zip(rivals, ("#2a78d6", "#eb6834", "#1baf7a", "#4a3aa7")))
    step = (WIDTH - RIGHT - LEFT) / len(groups)
    for i, (name, times) in enumerate(groups):
        width = step * 0.8 / len(rivals)
        for j, rival in enumerate(rivals):
            left = LEFT + step * (i + 0.1) + width * j
            if rival in times:
                top = y(times[rival])
                plot.bar(left + 1, top, width - 2, HEIGHT - BOTTOM - top, colours[rival])
                plot.text(left + width / 2, top - 4, f"{times[rival]:.3g}", "middle", INK, 11)
            else:
                plot.text(left + width / 2, HEIGHT - BOTTOM - 4, "–", "middle", FAINT, 10)
        plot.text(LEFT + step * (i + 0.5), HEIGHT - BOTTOM + 20, name, "middle", FAINT)
    for j, rival in enumerate(rivals):
        plot.bar(WIDTH - RIGHT + 12, TOP + 22 * j, 12, 12, colours[rival])
        plot.text(WIDTH - RIGHT + 30, TOP + 10 + 22 * j, rival)
    plot.write(path)


def scaling(data, path):
    results = [r for r in data["scaling_run"]["results"] if r["group"] == "fill"]
    counts = sorted({r["threads"] for r in results})
    if len(counts) < 2:
        return
    plot = Plot(f"GB/s by threads, {data['values']:,} values, fastest repeat")
    names = [("constant", "constant", "float32"), ("uniform", "uniform", "float32"), ("normal", "normal", "float32"),
             ("normal bfloat16", "normal", "bfloat16")]
    lines = {name: sorted((r["threads"], bench_tables.rate(r)) for r in results
                          if r["initializer"] == kind and r["dtype"] == dtype) for name, kind, dtype in names}
    ceiling = sorted((r["threads"], r["bytes"] / r["memory_set_seconds"]["best"] / 1e9) for r in results
                     if r["initializer"] == "constant" and r["dtype"] == "float32")
    high = max(r for line in [*lines.values(), ceiling] for _, r in line) * 1.1
    step = 10 ** math.floor(math.log10(high)) / 2
    y = lambda v: HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * v / high
    x = log_scale(counts[0], counts[-1], LEFT + 20, WIDTH - RIGHT - 4)
    plot.grid([step * i for i in range(int(high / step) + 1)], y, "GB/s")
    for count in counts:
        plot.line([(x(count), TOP), (x(count), HEIGHT - BOTTOM)], GRID, 1)
        plot.text(x(count), HEIGHT - BOTTOM + 20, f"{count} thread{'s' if count > 1 else ''}", "middle", FAINT)
    ends = []
    for name, line in [*lines.items(), ("memory set", ceiling)]:
        colour = COLOURS.get(name, FAINT)
        plot.line([(x(t), y(r)) for t, r in line], colour, 2, "5 4" if line is ceiling else "")
        ends.append((y(line[-1][1]), name, colour))
    plot.ends(ends)
    plot.write(path)


def write(data, folder):
    by_size(data, folder / "bench-sizes.svg")
    ratios(data, folder / "bench-ratios.svg")
    scaling(data, folder / "bench-threads.svg")
