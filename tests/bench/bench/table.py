"""The printed table. summary.py makes what is printed here."""

COLUMNS = ("gateway", "service", "other services", "postgres", "nginx", "client")
HEADS = ("gateway", "service", "others", "PostgreSQL", "nginx", "client")
BEFORE_CPU = 6
NOISE_SHARE = 0.10


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def _micro(value):
    return "" if value < 0.05 else number(value, 1 if value < 100 else 0)


def _milli(value_us):
    return "" if value_us is None else number(value_us / 1000, 2)


def _wanted(row):
    if not row["target"]:
        return ""
    return f"{row['target']} {'ok' if row['reached'] else 'NO'}"


def _span(values, digits):
    return f"{min(values):,.{digits}f}..{max(values):,.{digits}f}" if len(values) > 1 else ""


def _rate_line(row, loud):
    return [f"  {row['contender']}{' !' if loud else ''}", number(row["rate"]), _span(row["rates"], 0), number(row["ratio"], 2), _wanted(row),
            _milli(row["p50_us"]), _milli(row["p99_us"]), *(_micro(row["cpu_us"][group]) for group in COLUMNS),
            "" if row["rss_mb"] is None else number(row["rss_mb"], 1)]


def _figure_line(row):
    """The unit stands with the value; a ratio has none, and stands where ratios do."""
    value = number(row["value"], row["digits"])
    cells = ["", value] if not row["unit"] else [f"{value} {row['unit']}", ""]
    return [f"  {row['figure']}", cells[0], _span(row["values"], row["digits"]), cells[1], _wanted(row)]


def render(jobs):
    """jobs: of summary.of_job()."""
    lines = [["", "requests/s", "lowest..highest", "ratio", "target", "p50 ms", "p99 ms", *HEADS, "RSS MB"]]
    noisy = False
    for job in jobs:
        lines.append([job["job"]])
        for row in job["rates"]:
            loud = row["others_share"] > NOISE_SHARE
            noisy |= loud
            lines.append(_rate_line(row, loud))
        lines += map(_figure_line, job["figures"])
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(len(lines[0]))]
    text = ["  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines]
    text.insert(0, " " * (sum(widths[:BEFORE_CPU + 1]) + 2 * (BEFORE_CPU + 1)) + "CPU µs per request")
    if noisy:
        text.append(f"! in one round at least, more than {NOISE_SHARE:.0%} of the machine went to other programs or other machines")
    return "\n".join(text)


def verdict(jobs):
    """One line a target that was not reached, below the count."""
    wanted = [(job["job"], row) for job in jobs for row in (*job["rates"], *job["figures"]) if row["target"]]
    if not wanted:
        return ""
    missed = [f"  {job}, {row.get('contender') or row['figure']}: {number(row.get('ratio', row.get('value')), row.get('digits', 2))}"
              f"{' ' + row['unit'] if row.get('unit') else ''}, wanted {row['target']}" for job, row in wanted if not row["reached"]]
    return "\n".join([f"targets: {len(wanted) - len(missed)} of {len(wanted)} reached" + (", but not" if missed else ""), *missed])
