"""The fewest steps that still show what is wrong: first the shortest beginning, then without steps that do not matter."""

from .play import findings


def same(wrong, other):
    """Whether it is the same thing: both are of one kind, whatever ids and amounts they name."""
    return bool(other) and kind(other[0]) == kind(wrong[0])


def kind(text):
    return text.partition(":")[0]


def shortest(directory, seed, numbers, wrong, played, binaries=None, once=False, say=print):
    """(numbers, wrong, played) of the shortest that was found."""
    best = numbers, wrong, played
    if played.at in numbers:
        best = numbers[:numbers.index(played.at) + 1], wrong, played

    def shows(fewer):
        nonlocal best
        found, now = findings(directory, seed, fewer, binaries, once=once)
        if same(wrong, found):
            best = fewer, found, now
        say(f"  {len(fewer)} steps: {'the same' if best[0] is fewer else 'not'}")
        return best[0] is fewer

    low, high = 0, len(best[0])
    while played.at is None and high - low > 1:   # found only at the end: the shortest beginning
        middle = (low + high) // 2
        if shows(numbers[:middle]):
            high = middle
        else:
            low = middle
    size = max(1, len(best[0]) // 2)
    while size:
        at = 0
        while at < len(best[0]) and len(best[0]) > 1:
            fewer = best[0][:at] + best[0][at + size:]
            if not fewer or not shows(fewer):
                at += size
        size //= 2
    return best


def report(directory, seed, numbers, wrong, played, binaries=None, once=False, shrink=True, say=print):
    if shrink:
        numbers, wrong, played = shortest(directory, seed, numbers, wrong, played, binaries, once)
    for name in played.names:
        say(f"  {name}")
    for each in wrong[:5]:
        say(f"FOUND {each[:3000]}")
    say(f"again: make histories SEED={seed} ONLY={','.join(map(str, numbers))}", )
