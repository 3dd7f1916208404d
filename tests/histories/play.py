"""Plays a history on fresh databases, judges it, and plays it again: it must be the same to the byte."""

import collections
import concurrent.futures
import datetime
import difflib
import os
import random
import shutil
import traceback

from . import judge
from .steps import Finding, History, open_shop, step
from .world import World

FIRST_DAY = datetime.date(2040, 1, 1)   # far ahead: clocks are only ever moved forward

Played = collections.namedtuple("Played", "wrong at lines names counts")


def day_of(seed):
    return FIRST_DAY + datetime.timedelta(days=random.Random(f"{seed}:day").randrange(366))


def play(directory, seed, numbers, binaries=None, say=None, look=None):
    """wrong: texts; at: the number of the step they were found after, None at the end. look(history): before its stack is gone."""
    shutil.rmtree(directory, ignore_errors=True)
    with World(directory, day_of(seed), binaries) as world:
        history, names = History(world, seed), []
        try:
            open_shop(history)
            for number in numbers:
                names.append(f"{number} {history.today()} {step(history, number)}")
                if say:
                    answers = [f"{status} {code or ''}".strip() for at, status, code in history.told if at == number]
                    say(f"{names[-1]}: {', '.join(answers)}")
                wrong = judge.after_step(history)
                if wrong:
                    return Played(wrong, number, None, names, counts(history))
            if look:
                look(history)
            return Played(judge.at_end(history), None, judge.told(history), names, counts(history))
        except (Finding, AssertionError) as found:
            return Played([f"{type(found).__name__}: {found}\n{traceback.format_exc(limit=-4)}"], history.number, None, names, counts(history))


def counts(history):
    return collections.Counter("refused" if status >= 400 else "done" for _, status, _ in history.told)


def findings(directory, seed, numbers, binaries=None, say=None, once=False, look=None):
    """(texts, Played): of two plays at once, what is wrong or differs; of one, when it is to be played once."""
    with concurrent.futures.ThreadPoolExecutor() as both:
        again = None if once else both.submit(play, os.path.join(directory, "2"), seed, numbers, binaries)
        first = play(os.path.join(directory, "1"), seed, numbers, binaries, say, look)
        second = first if once else again.result()
    if first.wrong or second.wrong:
        return first.wrong or second.wrong, first if first.wrong else second
    differs = [line for line in difflib.unified_diff(first.lines, second.lines, "first", "second", lineterm="", n=1)]
    return (["not the same when it is played again:\n" + "\n".join(differs[:30])] if differs else []), first
