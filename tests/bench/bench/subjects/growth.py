"""What lists, the statement and the day's close cost as the tables grow: the small edition, of two sizes that are filled within a minute.
`make bench-growth` takes all sizes up to five million rows, and prints more of it."""

import os

from ..contenders import Contender
from ..growth import CASES, DAY_CLOSE, Books
from ..job import Job, at_most, ratio
from ..measure import Sample

SIZES = (10_000, 200_000)
TARGET = at_most(1.3)


class Growth(Contender):
    """Every case once, in turn with the other size."""

    has_rate = False

    def __init__(self, rows, books):
        super().__init__(f"{rows:,} rows")
        self._rows, self._books = rows, books

    def run(self, seconds):
        p50 = {case.name: self._books.sample(case, self._rows, 1).p50_us for case in CASES if case.target}
        return Sample(readings={**p50, DAY_CLOSE.name: self._books.close_a_day(self._rows).p50_us})


def growth(bench):
    directory = os.path.join(bench.world.directory, "growth")
    os.makedirs(directory)
    os.chmod(directory, 0o755)
    books = Books(directory, bench.world.binaries, bench.world.generated, bench.world.say)
    bench.on_end.callback(books.stop)
    subjects = list(dict.fromkeys(case.subject for case in [*CASES, DAY_CLOSE] if case.target))
    books.start(SIZES, subjects)
    for subject in subjects:
        for rows in SIZES:
            books.warm(subject, rows)
    small, large = (Growth(rows, books) for rows in SIZES)
    return Job(f"cost as data grows, p50 of {SIZES[1]:,} to {SIZES[0]:,} rows", [small, large], figures=[
        ratio(case.name, large.name, small.name, lambda sample, name=case.name: sample.readings[name], TARGET)
        for case in [*CASES, DAY_CLOSE] if case.target])
