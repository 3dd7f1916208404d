"""What is told of a job, as plain data (the table and --json): medians of its rounds, ratios made within each round, targets reached or not."""

import statistics

from .measure import median_of
from .table import COLUMNS

SERVERS = ("service", "gateway", "nginx")   # the first that took part is the one whose RSS is told


def of_job(job, rounds):
    """rounds: [{contender name: Sample}, ...]."""
    return {"job": job.name, "reference": job.reference,
            "rates": [_rate(job, contender, rounds) for contender in job.contenders if contender.has_rate],
            "figures": [_figure(figure, rounds) for figure in job.figures]}


def _rate(job, contender, rounds):
    of = [each[contender.name] for each in rounds if contender.name in each]
    ratio = _ratio(job, contender, rounds)
    target = job.targets.get(contender.name)
    return {
        "contender": contender.name, "rate": median_of(of, lambda sample: sample.rate), "rates": [sample.rate for sample in of],
        "ratio": ratio, **_judged(target, ratio),
        "p50_us": median_of(of, lambda sample: sample.p50_us), "p99_us": median_of(of, lambda sample: sample.p99_us),
        "cpu_us": {group: median_of(of, lambda sample: sample.cost_us(group)) for group in COLUMNS},
        "rss_mb": median_of(of, _rss_mb), "others_share": max(sample.others_share for sample in of), "settling_s": contender.settling_s,
        "rounds": [{"rate": sample.rate, "p50_us": sample.p50_us, "p99_us": sample.p99_us, "others_share": sample.others_share,
                    "cpu_us": {group: sample.cost_us(group) for group in COLUMNS}, "rss_mb": _rss_mb(sample), "readings": sample.readings}
                   for sample in of],
    }


def _figure(figure, rounds):
    values = figure.values(rounds)
    value = statistics.median(values) if values else None
    return {"figure": figure.name, "value": value, "values": values, "unit": figure.unit, "digits": figure.digits,
            **_judged(figure.target, value)}


def _judged(target, value):
    return {"target": str(target) if target else None, "reached": target.reached(value) if target and value is not None else None}


def _ratio(job, contender, rounds):
    """The median of the rounds' ratios to the reference: each round against its own."""
    if job.reference in (None, contender.name):
        return None
    ratios = [each[contender.name].rate / each[job.reference].rate for each in rounds if contender.name in each and job.reference in each]
    return statistics.median(ratios) if ratios else None


def _rss_mb(sample):
    return next((sample.rss_kb[group] / 1024 for group in SERVERS if sample.rss_kb.get(group)), None)
