"""curve.py COSTS [RESULT.svg]: a table of what cost.py measured, and a drawing of it on two logarithmic
scales, where proportional is a straight line that rises like the grey ones."""
import math
import statistics
import sys

COLOURS = {"rules": "#b22", "list": "#27c", "file": "#2a2", "table": "#a5a"}
WHAT = {"rules": "rules", "list": "entries of a set, in the policy",
        "file": "entries of a set, from a file", "table": "entries of a table, from a file"}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 440, 70, 50, 20, 20


def read(path):
    measured = {}
    for line in open(path):
        kind, *numbers = line.split()
        size, lines, cpu, memory = map(int, numbers)
        measured.setdefault(kind, {}).setdefault((size, lines), []).append((cpu, memory))
    return measured


def table(measured):
    start = min(cpu for runs in measured.pop("start").values() for cpu, _ in runs)
    print(f"Starting the program and checking a policy without rules: {start / 1000:.1f} ms, left out of the last two columns."
          "\n")
    print("| what | size | CPU ms, min | median | MB | µs a line | to the smallest |\n"
          "|---|---|---|---|---|---|---|")
    for kind, sizes in measured.items():
        first = None
        for (size, lines), runs in sorted(sizes.items()):
            times = [cpu for cpu, _ in runs]
            each = (min(times) - start) / lines
            memory = max(kib for _, kib in runs)
            first = first or each
            print(f"| {WHAT[kind]} | {size} | {min(times) / 1000:.1f} | "
                  f"{statistics.median(times) / 1000:.1f} | {f'{memory / 1024:.1f}' if memory else '< 14'} | "
                  f"{each:.2f} | {each / first:.2f} |")


def draw(measured, path):
    x0, x1, y0, y1 = 3, 5, 0, 3  # powers of ten: entries, milliseconds

    def x(size):
        return LEFT + (math.log10(size) - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def y(ms):
        return HEIGHT - BOTTOM - (math.log10(ms) - y0) / (y1 - y0) * (HEIGHT - BOTTOM - TOP)

    def text(a, b, words, extra=""):
        return f'<text x="{a:.0f}" y="{b:.0f}" {extra}>{words}</text>'

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           f'<clipPath id="c"><rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
           f'height="{HEIGHT - BOTTOM - TOP}"/></clipPath>']
    for power in range(-2, 4):
        out.append(f'<path clip-path="url(#c)" stroke="#ddd" d="M{x(1e3):.1f} {y(10.0 ** power):.1f}'
                   f'L{x(1e5):.1f} {y(10.0 ** (power + 2)):.1f}"/>')
    out.append(f'<path fill="none" stroke="#000" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    for power in range(x0, x1 + 1):
        out.append(text(x(10 ** power), HEIGHT - BOTTOM + 18, f"{10 ** power:,}", 'text-anchor="middle"'))
    for power in range(y0, y1 + 1):
        out.append(text(LEFT - 8, y(10 ** power) + 4, f"{10 ** power} ms", 'text-anchor="end"'))
    out.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12,
                    "rpol check: CPU time, best of all rounds; grey is proportional",
                    'text-anchor="middle"'))
    for number, (kind, sizes) in enumerate(measured.items()):
        points = [(x(size), y(max(1, min(cpu for cpu, _ in runs) / 1000)))
                  for (size, _), runs in sorted(sizes.items())]
        colour = COLOURS[kind]
        out.append(f'<path fill="none" stroke="{colour}" stroke-width="2" d="M'
                   + "L".join(f"{a:.1f} {b:.1f}" for a, b in points) + '"/>')
        out += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points]
        out.append(text(LEFT + 16, TOP + 18 * (number + 1), WHAT[kind], f'fill="{colour}"'))
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n</svg>\n")


data = read(sys.argv[1])
table(data)
if len(sys.argv) > 2:
    draw(data, sys.argv[2])
