"""What is measured. Every module here makes some jobs, JOBS names them in the order they are printed.

To measure another thing: a module here with a function of Bench (shared.py: the world, the references, process groups) that returns its
Job (job.py), and a line in JOBS.

- A rate: contenders (contenders.py) that return Samples; each is a line of the table. `reference` names the one the others are held
  against, `targets` the wanted ratios. bench.served(), bench.pgbench_read(), bench.nginx_static() make the usual ones.
- Anything else (a percentile, bytes, seconds, a ratio of CPU): `figures`, a line each below the contenders: `ratio()` of two
  contenders' samples, `reading()` of what a sample carries in Sample.readings, or Figure with a function of one's own. A contender
  that has no rate of its own says has_rate = False, and returns Sample(readings={...}).
- What takes long, or looks at what the load has left behind: once = True, taken in the last round alone. Jobs run in the order of JOBS.
- What a job starts it hands to bench.on_end. Jobs in ON_REQUEST run only when named."""

from .catalog import product_by_id, product_page, search_one_word, search_two_words
from .engine import engine
from .events import events
from .growth import growth
from .http import gateway_proxy, static_reply
from .memory import memory
from .orders import place_order
from .payment import record_payment
from .purchase import purchase
from .simulation import simulation
from .start import start

JOBS = {
    "static": static_reply,
    "gateway": gateway_proxy,
    "product": product_by_id,
    "page": product_page,
    "search": search_two_words,
    "search-word": search_one_word,
    "simulation": simulation,
    "engine": engine,
    "order": place_order,
    "payment": record_payment,
    "purchase": purchase,
    "events": events,
    "start": start,
    "memory": memory,
    "growth": growth,
}
ON_REQUEST = ()
