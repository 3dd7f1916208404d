"""A job: a thing users do, done side by side by contenders; what it is held against, and what is wanted.

Rounds take turns over all jobs and contenders; a round is {contender name: Sample}. Everything told of a job is made round by round and
then the median is taken: so a machine that drifts hits both sides of a ratio alike."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Target:
    bound: float
    at_least: bool

    def reached(self, value):
        """As it is printed, to two places: 0.996 is 1.0."""
        return round(value, 2) >= self.bound if self.at_least else round(value, 2) <= self.bound

    def __str__(self):
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"


def at_least(bound):
    return Target(bound, True)


def at_most(bound):
    return Target(bound, False)


@dataclasses.dataclass(frozen=True)
class Figure:
    """Something told of a job that is not a contender's rate: a percentile, bytes, seconds, a ratio of two contenders."""

    name: str
    of: tuple                       # names of the contenders whose samples it is made from
    value: typing.Callable          # value(*their samples of one round): a number, or None when this round has none
    unit: str = ""                  # "ms", "MB", "/s"; nothing for a ratio
    target: Target | None = None
    digits: int = 2

    def values(self, rounds):
        present = [each for each in rounds if all(name in each for name in self.of)]
        return [value for value in (self.value(*(each[name] for name in self.of)) for each in present) if value is not None]


@dataclasses.dataclass
class Job:
    """reference: the contender that the ratios are to. targets: {contender: Target} of these ratios."""

    name: str
    contenders: list
    reference: str = None
    targets: dict = dataclasses.field(default_factory=dict)
    figures: list = dataclasses.field(default_factory=list)


def ratio(name, contender, reference, of_sample, target=None):
    """A Figure: of_sample(sample) of one contender to that of another."""
    def value(one, other):
        top, bottom = of_sample(one), of_sample(other)
        return None if top is None or not bottom else top / bottom
    return Figure(name, (contender, reference), value, target=target)


def reading(name, contender, key, unit="", target=None, digits=2):
    """A Figure: what a sample carries beside its rate (Sample.readings)."""
    return Figure(name, (contender,), lambda sample: sample.readings.get(key), unit, target, digits)
