"""make bench: this program beside the limits of the machine it runs on, in one run.

    subjects/      what is measured: the jobs, each with its contenders (direct, gateway, pgbench, nginx)
    job.py         what a job is: contenders, reference, targets, figures
    contenders.py  who does it; shared.py what the jobs need for making them
    world.py       a private stack with a catalog, customers and carts
    load.py        wrk (load.lua) as the client of everything that speaks HTTP
    floor.py       the references: pgbench with the services' own statements, nginx with a static reply
    own.py         programs of ours beside the stack's
    orders_floor.py, payments.py   orders and payments for the references, and the references' scripts
    statements.py  the services' SQL, as the generator wrote it
    event_times.py when events were committed and applied
    account.py     what a purchase costs whom: CPU by process and database, statements, requests
    processes.py   CPU and memory of processes, by /proc
    summary.py     medians and ratios; table.py prints them

make bench-instr: instructions per request, beside a committed baseline.

    instructions.py  counts, compares, prints
    hot_paths.py     what is counted
    callgrind.py     one process of the stack under callgrind"""
