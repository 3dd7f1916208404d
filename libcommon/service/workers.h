/* Several worker processes behind one SO_REUSEPORT address, watched by their parent. */
#ifndef CUOTAS_SERVICE_WORKERS_H
#define CUOTAS_SERVICE_WORKERS_H

/* Forks `count` workers, each running `run`. Passes SIGTERM, SIGINT and SIGHUP on, starts a worker again when it dies (not more often than
 * once a second each), returns when all have ended after a signal: 0, or 1 when one failed to stop cleanly. */
int workers_run(int count, int (*run)(void));

#endif
