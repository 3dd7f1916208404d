"""Plots as SVG text of our own, from the JSON of sweep.py and growth_run.py: lines over logarithmic axes, names beside the lines' ends.

    python3 -m bench.plots --sweep sweep.json --growth growth.json --out tests/bench/plots"""

import argparse
import json
import math
import os
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 860, 460
LEFT, RIGHT, TOP, BOTTOM = 74, 236, 56, 60
LABEL_HEIGHT = 15
COLORS = ("#1b6ca8", "#d1495b", "#2e8b57", "#8e5ea2", "#b8860b", "#4a4a4a", "#00868b", "#c2571a")


class Axis:
    """Logarithmic; ticks: the values named."""

    def __init__(self, values, start, end, ticks):
        self._low, self._high = math.log(min(values)), math.log(max(values))
        self._start, self._end = start, end
        self.ticks = [tick for tick in ticks if min(values) <= tick <= max(values)]

    def place(self, value):
        share = (math.log(value) - self._low) / (self._high - self._low) if self._high > self._low else 0.5
        return self._start + share * (self._end - self._start)


def number_text(value):
    for unit, sign in ((1_000_000, " M"), (1_000, " k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"


def _steps(low, high):
    """1, 2, 5, 10 ... around the values, so that the axis begins and ends at one."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = [step * 10 ** decade for decade in decades for step in (1, 2, 5)]
    return [step for step in steps if step >= max([each for each in steps if each <= low]) and step <= min([each for each in steps if each >= high])]


def _spread(wanted):
    """Labels' heights, moved apart so that none lies on another; each (y, ...) in the order of y."""
    placed = []
    for y, *rest in sorted(wanted):
        placed.append([max(y, placed[-1][0] + LABEL_HEIGHT) if placed else y, *rest])
    overflow = placed[-1][0] - (HEIGHT - BOTTOM + 4) if placed else 0
    for place in range(len(placed) - 1, -1, -1):
        if overflow <= 0:
            break
        placed[place][0] -= overflow
        overflow = placed[place - 1][0] + LABEL_HEIGHT - placed[place][0] if place else 0
    return placed


def chart(title, subtitle, x_title, y_title, lines, x_ticks):
    """lines: {name: [(x, y), ...]}."""
    xs = [x for points in lines.values() for x, _ in points]
    ys = [y for points in lines.values() for _, y in points]
    steps = _steps(min(ys), max(ys))
    across, up = Axis([*xs], LEFT, WIDTH - RIGHT, x_ticks), Axis(steps, HEIGHT - BOTTOM, TOP, steps)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           f'<text x="{LEFT}" y="22" font-size="16" fill="#111111">{escape(title)}</text>',
           f'<text x="{LEFT}" y="40" fill="#555555">{escape(subtitle)}</text>']
    for tick in up.ticks:
        y = up.place(tick)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#333333">{number_text(tick)}</text>')
    for tick in across.ticks:
        x = across.place(tick)
        out.append(f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eeeeee"/>')
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#333333">{number_text(tick)}</text>')
    out.append(f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="#333333"/>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 16}" text-anchor="middle" fill="#111111">{escape(x_title)}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text transform="translate(18 {middle:.0f}) rotate(-90)" text-anchor="middle" fill="#111111">{escape(y_title)}</text>')
    labels = []
    for place, (name, points) in enumerate(lines.items()):
        color = COLORS[place % len(COLORS)]
        path = "L".join(f"{across.place(x):.1f} {up.place(y):.1f}" for x, y in points)
        out.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{across.place(x):.1f}" cy="{up.place(y):.1f}" r="2.5" fill="{color}"/>' for x, y in points]
        labels.append((up.place(points[-1][1]) + 4, across.place(points[-1][0]), name, color))
    for y, x, name, color in _spread(labels):
        out.append(f'<text x="{WIDTH - RIGHT + 10}" y="{y:.1f}" fill="{color}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def throughput(told):
    lines = {name: [(point["connections"], point["rate"]) for point in points] for name, points in told["sweep"].items()}
    return chart("Requests a second by connections", f"{told['hardware']}; client, services and database together", "connections", "requests a second",
                 lines, [1, 2, 4, 8, 16, 32, 64, 128, 256])


def cost(told):
    rows = [row for row in told["growth"] if row["target"]]
    lines = {f"{row['case']}": list(zip(row["sizes"], row["p50_us"])) for row in rows}
    return chart("Cost as data grows", f"{told['hardware']}; one client, PostgreSQL alone, p50", "rows", "µs", lines, rows[0]["sizes"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sweep", metavar="FILE")
    parser.add_argument("--growth", metavar="FILE")
    parser.add_argument("--out", metavar="DIR", required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for source, make, name in ((options.sweep, throughput, "throughput.svg"), (options.growth, cost, "growth.svg")):
        if source:
            with open(source) as file:
                svg = make(json.load(file))
            with open(os.path.join(options.out, name), "w") as file:
                file.write(svg)


if __name__ == "__main__":
    main()
