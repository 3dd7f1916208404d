"""The printed table, and the same as JSON."""

from .measure import median_of

COLUMNS = ("gateway", "service", "other services", "postgres", "nginx", "client")
HEADS = ("gateway", "service", "others", "PostgreSQL", "nginx", "client")
NOISE_SHARE = 0.10


def _number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def _micro(value):
    return "" if value < 0.05 else _number(value, 1 if value < 100 else 0)


def summary(job, samples):
    """What is told of a job: one dict a contender. samples: {contender name: [Sample, ...]}."""
    floors = {contender.floor: median_of(samples[contender.name], lambda sample: sample.rate)
              for contender in job.contenders if contender.floor}
    rows = []
    for contender in job.contenders:
        of = samples[contender.name]
        rate = median_of(of, lambda sample: sample.rate)
        rows.append({
            "job": job.name, "contender": contender.name, "rate": rate, "rates": [sample.rate for sample in of],
            "to_pgbench": _ratio(of, samples, job, "pgbench", contender), "to_nginx": _ratio(of, samples, job, "nginx", contender),
            "p50_us": median_of(of, lambda sample: sample.p50_us), "p99_us": median_of(of, lambda sample: sample.p99_us),
            "cpu_us": {group: median_of(of, lambda sample: sample.cost_us(group)) for group in COLUMNS},
            "others_share": max(sample.others_share for sample in of),
            "settling_s": contender.settling_s,
        })
    return rows


def _ratio(of, samples, job, floor, contender):
    """The median of the rounds' ratios to the floor: each round against its own reference."""
    reference = next((each for each in job.contenders if each.floor == floor), None)
    if reference is None or reference is contender or contender.floor:
        return None
    ratios = sorted(sample.rate / base.rate for sample, base in zip(of, samples[reference.name]))
    return ratios[len(ratios) // 2] if len(ratios) % 2 else (ratios[len(ratios) // 2 - 1] + ratios[len(ratios) // 2]) / 2


def render(jobs):
    """jobs: list of summaries."""
    lines = [["", "requests/s", "lowest..highest", "/pgbench", "/nginx", "p50 ms", "p99 ms", *HEADS]]
    noisy = False
    for rows in jobs:
        lines.append([rows[0]["job"]])
        for row in rows:
            loud = row["others_share"] > NOISE_SHARE
            noisy |= loud
            lines.append([f"  {row['contender']}{' !' if loud else ''}", _number(row["rate"]),
                          f"{min(row['rates']):,.0f}..{max(row['rates']):,.0f}", _number(row["to_pgbench"], 2), _number(row["to_nginx"], 2),
                          _number(row["p50_us"] / 1000, 2), "" if row["p99_us"] is None else _number(row["p99_us"] / 1000, 2),
                          *(_micro(row["cpu_us"][group]) for group in COLUMNS)])
    widths = [max(len(line[at]) for line in lines if at < len(line)) for at in range(len(lines[0]))]
    text = ["  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines]
    text.insert(0, " " * (sum(widths[:7]) + 2 * 7) + "CPU µs per request")
    if noisy:
        text.append(f"! in one round at least, more than {NOISE_SHARE:.0%} of the machine went to other programs or other machines")
    return "\n".join(text)
