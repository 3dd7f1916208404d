"""make bench-growth: growth.py's cases over all sizes, as a table and as JSON for plots.py.

    tests/bench/growth.sh --sizes 10000,1000000         --keep DIR: the databases stay there, and are not filled again"""

import argparse
import json
import statistics
import sys

from .command import run_in_directory
from .growth import CASES, DAY_CLOSE, Books
from .growth_fill import STORED, STORED_ROWS
from .job import at_most
from .machine import binaries_option, generated_dir, hardware, say
from .measure import Failed

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
TARGET = at_most(1.3)
HEADS = {1_000: "k", 1_000_000: "M"}


def size_text(rows):
    unit = max(each for each in HEADS if each <= rows)
    return f"{rows / unit:g} {HEADS[unit]}"


def measure(books, case, sizes, rounds, seconds):
    """A row of the table. The rounds take turns over the sizes."""
    for rows in sizes:
        books.warm(case.subject, rows)
        if case is DAY_CLOSE:
            books.close_a_day(rows)   # not counted: the first one plans
    taken = {rows: [] for rows in sizes}
    for _ in range(rounds):
        for rows in sizes:
            taken[rows].append(books.close_a_day(rows) if case is DAY_CLOSE else books.sample(case, rows, seconds))
    first, last = taken[sizes[0]], taken[sizes[-1]]
    looks = [(None, None) if case is DAY_CLOSE else books.pages(case, rows) for rows in sizes]
    ratio = statistics.median(big.p50_us / small.p50_us for small, big in zip(first, last))
    return {"case": case.name, "subject": case.subject, "sizes": list(sizes), "ratio": ratio, "target": str(TARGET) if case.target else None,
            "reached": TARGET.reached(ratio) if case.target else None,
            "p50_us": [statistics.median(sample.p50_us for sample in taken[rows]) for rows in sizes],
            "p99_us": [statistics.median(sample.p99_us for sample in taken[rows]) for rows in sizes],
            "pages": [pages for pages, _ in looks], "planned_each_time": [generic is False for _, generic in looks],
            "rounds": {str(rows): [sample.p50_us for sample in taken[rows]] for rows in sizes}}


def render(rows):
    sizes = rows[0]["sizes"]
    lines = [["", *(f"{size_text(size)}" for size in sizes), "ratio", "target", "p99 " + size_text(sizes[-1]), *(size_text(size) for size in sizes)]]
    for row in rows:
        planned = " *" if any(row["planned_each_time"]) else ""
        pages = ["" if pages is None else f"{pages:,.0f}" for pages in row["pages"]]
        lines.append([row["case"] + planned, *(f"{p50:,.0f}" for p50 in row["p50_us"]), f"{row['ratio']:.2f}",
                      f"{row['target']} {'ok' if row['reached'] else 'NO'}" if row["target"] else "", f"{row['p99_us'][-1]:,.0f}", *pages])
    widths = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    text = ["  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines]
    at_pages = sum(widths[:len(sizes) + 4]) + 2 * (len(sizes) + 4)
    head = " " * (widths[0] + 2) + "p50 µs, rows:"
    text.insert(0, head + " " * max(1, at_pages - len(head)) + "pages touched")
    if any(any(row["planned_each_time"]) for row in rows):
        text.append("* planned anew each time: its plan depends on what is asked")
    return "\n".join(text)


def run(directory, options):
    books = Books(directory, options.binaries, generated_dir(options.binaries), say)
    cases = [case for case in [*CASES, DAY_CLOSE] if (not options.subjects or case.subject in options.subjects) and (case.target or not options.promised)]
    try:
        subjects = list(dict.fromkeys(case.subject for case in cases))
        stored = [] if options.subjects else list(STORED)
        books.start(options.sizes, subjects + stored)
        rows = []
        for case in cases:
            try:
                rows.append(measure(books, case, options.sizes, options.rounds, options.seconds))
            except Failed as failure:
                raise Failed(f"{case.name}: {failure}") from None
        bytes_a_row = {}
        for subject in subjects + stored:
            bytes_a_row |= books.bytes_a_row(subject, STORED_ROWS if subject in stored else options.sizes[-1])
    finally:
        books.stop()
    print(f"{hardware()}; one client, medians of {options.rounds} rounds of {options.seconds} s that take turns over the sizes\n\n{render(rows)}")
    print("\nbytes a row, with its indexes, freshly filled:  " + "  ".join(f"{table} {size:,.0f}" for table, size in bytes_a_row.items()))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"hardware": hardware(), "rounds": options.rounds, "seconds": options.seconds, "growth": rows, "bytes_a_row": bytes_a_row}, file, indent=1)


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/growth.sh", description="what lists, the statement and the day's close cost as the tables grow")
    parser.add_argument("subjects", nargs="*", metavar="subject", help="all, unless given: " + ", ".join(dict.fromkeys(case.subject for case in [*CASES, DAY_CLOSE])))
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=list(SIZES), metavar="ROWS,ROWS...")
    parser.add_argument("--promised", action="store_true", help="only what has a target, as the plot")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="of each sample")
    parser.add_argument("--keep", metavar="DIR", help="fill the databases there, leave them there, and take those that are there already")
    parser.add_argument("--json", metavar="FILE")
    binaries_option(parser)
    return parser.parse_args()


def main():
    options = arguments()
    return run_in_directory("make bench-growth", lambda directory: run(directory, options), options.keep)


if __name__ == "__main__":
    sys.exit(main())
