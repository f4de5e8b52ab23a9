#!/usr/bin/env python3
"""draw.py RESULTS.json FOLDER: the growth curves of the bench as SVG, one file for each subject and
form: nanoseconds net of the harness over the number of things, both logarithmic."""
import json
import math
import sys
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, PLOT_W, PLOT_H = 760, 420, 60, 50, 480, 310
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"]


def ticks(low, high):
    return [10**e for e in range(math.floor(low), math.ceil(high) + 1)]


def curve(title, machine, lines):
    points = [p for line in lines.values() for p in line]
    x0, x1 = (f(math.log10(x) for x, _ in points) for f in (min, max))
    y0, y1 = math.floor(min(math.log10(y) for _, y in points)), max(math.log10(y) for _, y in points)
    x1, y1 = max(x1, x0 + 1), max(math.ceil(y1), y0 + 1)

    def at(x, y):
        return (LEFT + (math.log10(x) - x0) / (x1 - x0) * PLOT_W,
                TOP + PLOT_H - (math.log10(y) - y0) / (y1 - y0) * PLOT_H)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           f'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="15">{escape(title)}</text>',
           f'<text x="{LEFT}" y="37" fill="#666">{escape(machine)}</text>']
    for y in ticks(y0, y1):
        _, v = at(10**x0, y)
        out.append(f'<line x1="{LEFT}" x2="{LEFT + PLOT_W}" y1="{v:.1f}" y2="{v:.1f}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{v + 4:.1f}" text-anchor="end">{y:g} ns</text>')
    for x in sorted({x for x, _ in points}):
        h, _ = at(x, 10**y0)
        out.append(f'<line x1="{h:.1f}" x2="{h:.1f}" y1="{TOP}" y2="{TOP + PLOT_H}" stroke="#eee"/>'
                   f'<text x="{h:.1f}" y="{TOP + PLOT_H + 18}" text-anchor="middle">{x:,}</text>')
    for n, (name, line) in enumerate(lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        places = " ".join(f"{h:.1f},{v:.1f}" for h, v in (at(*p) for p in sorted(line)))
        out.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{h}" cy="{v}" r="3" fill="{colour}"/>'
                for h, v in (p.split(",") for p in places.split())]
        y = TOP + 14 + 20 * n
        out.append(f'<rect x="{LEFT + PLOT_W + 16}" y="{y - 9}" width="12" height="12" fill="{colour}"/>'
                   f'<text x="{LEFT + PLOT_W + 34}" y="{y + 2}">{escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    results, folder = sys.argv[1:3]
    with open(results, encoding="utf-8") as file:
        data = json.load(file)
    host = data["machine"]
    machine = f'{host["processor"]}, Linux {host["kernel"]}, {host["date"]}'
    charts = {}
    for row in data["rows"]:
        chart = charts.setdefault((row["what"], row["form"], row["trace"]), {})
        # What is lost in the harness's own cost is drawn at a tenth of a nanosecond.
        chart.setdefault(row["who"], []).append((row["size"], max(row["net"], 0.1)))
    for (what, form, trace), lines in charts.items():
        if max(len(line) for line in lines.values()) < 2:
            continue
        with open(f"{folder}/{what}-{trace}-{form}.svg", "w", encoding="utf-8") as file:
            file.write(curve(f"{what}: {form}, {trace}", machine, lines))


main()
