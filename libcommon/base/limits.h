/* Every maximum in the program, and how they relate. */
#ifndef CUOTAS_BASE_LIMITS_H
#define CUOTAS_BASE_LIMITS_H

#include <assert.h>

/* Coroutines: each stack is two VMAs (mapping and guard page); vm.max_map_count is 65,530 by default. */
#define COROUTINES_MAX 4096
#define COROUTINE_STACK_BYTES (256 * 1024)
#define COROUTINE_STACKS_HOT 64          /* stacks kept with their pages; beyond: MADV_DONTNEED */
#define THREADS_MAX 4
#define THREAD_QUEUE_MAX 64

/* Memory of one unit of work. */
#define ARENA_BLOCK_BYTES (16 * 1024)
#define ARENA_BYTES_MAX (64 * 1024 * 1024)
#define ARENA_BLOCKS_POOLED 64

/* What the pools above keep goes back to the system when the process is calm (service/spare.c). */
#define SPARE_LOOK_MS 100                /* while it works, */
#define SPARE_LOOK_CALM_MS 1000          /* and while it does not */
#define SPARE_OWED_US 100000             /* CPU time between two times */

/* What the work under way ends with when malloc fails: address space, not pages, until then. */
#define MEMORY_RESERVE_BYTES (96 * 1024 * 1024)

/* Listening */
#define LISTEN_BACKLOG 1024              /* the kernel lowers it to net.core.somaxconn */
#define LISTEN_RETRY_MS 100              /* pause after the process ran out of fds */

/* HTTP */
#define HTTP_HEAD_BYTES_MAX (8 * 1024)
#define HTTP_HEADERS_MAX 64
#define HTTP_TARGET_BYTES_MAX 2048
#define HTTP_BODY_BYTES_MAX (1024 * 1024)          /* default for buffered bodies; a contract may lower it */
#define HTTP_STREAMED_BYTES_MAX (256 * 1024 * 1024) /* imports */
#define HTTP_CHUNK_LINE_MAX 256
#define HTTP_TRAILER_BYTES_MAX 4096
#define HTTP_CONNECTIONS_MAX 12000        /* of a server; by configuration, and by the fds there are, fewer */
#define HTTP_SURPLUS_MAX 64               /* connections beyond, open just long enough to be told, or for a health check */
#define HTTP_SURPLUS_TIMEOUT_MS 1000
#define HTTP_HEADS_MAX 2048               /* heads under way: each holds a buffer; beyond, the oldest gives way */
#define HTTP_REQUESTS_MAX 3072            /* in flight in one process, by default in the gateway */
#define HTTP_VITAL_PLACES 512             /* coroutines beyond that, for health checks and our own loops and jobs */
#define HTTP_REQUESTS_PER_CONNECTION 100000
#define HTTP_HEAD_TIMEOUT_MS 5000
#define HTTP_IDLE_TIMEOUT_MS 60000
#define HTTP_BODY_RATE_MIN 1024                    /* bytes a second, after the first 5 s */
#define HTTP_LINGER_TIMEOUT_MS 2000                /* after our end, for the client's */
#define HTTP_LINGER_DRAIN_MS 1000                  /* the same while the process ends */
#define HTTP_DRAIN_SETTLE_MS 150                   /* from the last SYN heard to the close: a handshake's round trip */
#define HTTP_DRAIN_IDLE_MS 3000                    /* of the gateway's clients: for a last request on a kept connection */
#define HTTP_DRAIN_IDLE_PEER_MS 300                /* of our own services, which understand being told to ask again */
#define REQUEST_TIMEOUT_MS 10000
#define REQUEST_MARGIN_MS 1000                     /* the gateway waits so much longer: the service tells better what happened */
#define DRAIN_TIMEOUT_MS 15000                     /* from SIGTERM to the end; orchestrators kill later (20 s, docker-compose.yml) */
#define UPSTREAM_CONNECTIONS_MAX 256
#define UPSTREAM_IDLE_MAX 64
#define UPSTREAM_WAITING_MAX 256                   /* in line for one of those connections; beyond: 503 */
#define UPSTREAM_WAIT_MAX_MS 500                   /* in that line */
#define UPSTREAM_SILENCE_MS 1000                   /* asked and not a byte came back: is it alive? */
#define UPSTREAM_PROBE_TIMEOUT_MS 1500             /* then it is not, until it answers */
#define UPSTREAM_PROBE_PAUSE_MS 500
#define UPSTREAM_IDLE_TIMEOUT_MS 30000             /* well before the other side's HTTP_IDLE_TIMEOUT_MS */
#define UPSTREAM_CONNECT_TIMEOUT_MS 3000
#define UPSTREAM_DOWN_GRACE_MS 6000      /* how long requests wait for a service that went away, before they fail at once */
#define UPSTREAM_DOWN_LOOK_MS 50
#define UPSTREAM_BODY_MAX (8 * 1024 * 1024)
#define OUTSIDE_BODY_MAX (1024 * 1024)
#define OUTSIDE_TRANSFERS_MAX 256
#define MAILS_RUNNING_MAX 3              /* each holds a pool thread */

/* JSON */
#define JSON_DEPTH_MAX 32
#define JSON_BYTES_MAX UPSTREAM_BODY_MAX         /* requests are bounded by their body_max before */
#define JSON_VALUES_MAX (256 * 1024)             /* a cJSON node is 64 bytes: this is what bounds a tree in an arena */
#define JSON_NUMBER_BYTES_MAX 40

/* Database */
#define DB_PARAMETERS_MAX 48
#define DB_PIPELINE_UNITS_MAX 16         /* units in flight on one connection */
#define DB_WAITING_UNITS_MAX 4096        /* units waiting for a place; beyond: 503 */
#define DB_WAIT_MAX_MS 2000              /* how long one waits; when the first of the line has waited half of it, nobody joins */
#define DB_STALL_MS 100                  /* a connection that answered nothing for so long gets no more units */
#define DB_SILENT_MS 3000                /* a server that answered nothing on any connection for so long is not there */
#define DB_BATCH_STATEMENTS_MAX 512
#define DB_STATEMENTS_MAX 1024           /* prepared statements of a service and of libcommon together */
#define DB_POOL_CONNECTIONS_MAX 64
#define DB_READ_TIMEOUT_MS 5000          /* statement_timeout of each pool: shorter than a request's deadline, so that the */
#define DB_WRITE_TIMEOUT_MS 8000         /* server gives up before the client does */
#define DB_SLOW_TIMEOUT_MS 120000
#define DB_SILENCE_MS 5000               /* beyond the statement's timeout: the connection is dead */
#define DB_CONNECT_TIMEOUT_MS 5000
#define DB_FOLLOW_MS 1000                /* at the start, a pool's other connections wait so long for the one before them, */
#define DB_FOLLOW_PAUSE_MS 20            /* and so long after it */
#define DB_RECONNECT_MIN_MS 50
#define DB_RECONNECT_MAX_MS 2000
#define DB_DOWN_GRACE_MS 2000            /* how long units wait for a server that went away, before they fail at once */
#define MIGRATION_LOCK_TIMEOUT_MS 2000   /* services' statements queue behind a waiting ALTER TABLE: shorter than their timeouts */
#define MIGRATION_ATTEMPTS_MAX 30        /* while the tables are in use, with a growing pause */
#define MIGRATION_PAUSE_MAX_MS 3000
#define DB_RETRIES_MAX 2                 /* after a deadlock or serialization failure */

/* Events and jobs */
#define EVENT_LANES 16
#define EVENT_BATCH_MAX 256              /* sql/bus_read_outbox.sql knows it, too */
#define EVENT_UNIT_MAX 32                /* applied in one unit: short ones, for they hold everybody's events back */
#define EVENT_PAGE_BYTES (512 * 1024)    /* about: the event that passes it is still sent */
#define EVENT_PRODUCERS_MAX 16
#define EVENT_TYPES_MAX 32               /* a consumer of more of one producer asks for all there are */
#define EVENT_TYPES_BYTES 640
#define EVENT_PUSHED_MAX EVENT_UNIT_MAX  /* events a consumer keeps out of messages while it is busy, */
#define EVENT_PUSHED_BYTES (128 * 1024)  /* and about their size: what is beyond is asked for */
#define NEWS_EVENTS_MAX 1024             /* newest events a producer keeps in memory, */
#define NEWS_BYTES_MAX (1024 * 1024)     /* and their size (one is kept however large it is) */
#define EVENT_ATTEMPTS_MAX 5             /* then it is parked in dead_letter */
#define EVENT_RETRY_MIN_MS 250           /* doubles: only the lane of the event waits */
#define EVENT_POLL_MS 1000
#define EVENT_STORE_MS 1000              /* cursors that passed only events of other types are stored so late */
#define RELAY_POLL_MS 1000
#define JOBS_RUNNING_MAX 40
#define JOBS_SHARED 32                   /* places anybody may take; the rest is kept from the kinds that hold the most of them */
#define JOB_KINDS_MAX 64
#define JOB_POLL_MS 250                  /* after something was due; doubles to JOB_POLL_IDLE_MS when nothing is */
#define JOB_POLL_IDLE_MS 1000
#define JOB_LEASE_S 8                    /* how long the job of a process that died stays taken */
#define JOB_RENEW_MS 2000                /* a running job's lease is renewed this often, */
#define JOB_LEASE_MARGIN_S 15            /* until this long after its own timeout: a stuck handler loses it */
#define JOB_BACKOFF_MIN_S 1
#define JOB_BACKOFF_MAX_S 600
#define JOB_LATER_S 40                   /* a quarter more or less */
#define REDIS_REPLY_BYTES_MAX (1024 * 1024)
#define REDIS_COMMANDS_BYTES_MAX (4 * 1024 * 1024)
#define REDIS_TIMEOUT_MS 2000
#define REDIS_RECONNECT_MAX_MS 5000
#define CHANGES_WAITING_BYTES (16 * 1024) /* ids to be told: some 440 */

/* The API */
#define PAGE_LIMIT_DEFAULT 20
#define PAGE_LIMIT_MAX 100
#define IDEMPOTENCY_KEY_MAX 255
#define TOKEN_BYTES_MAX 4096
#define VERIFIED_TOKENS_MAX 4096

static_assert(HTTP_TARGET_BYTES_MAX < HTTP_HEAD_BYTES_MAX, "a target must fit its head");
static_assert(UPSTREAM_IDLE_TIMEOUT_MS < HTTP_IDLE_TIMEOUT_MS, "we must give up idle connections first");
static_assert(TOKEN_BYTES_MAX < HTTP_HEAD_BYTES_MAX, "a token must fit a head");
static_assert(MAILS_RUNNING_MAX < THREADS_MAX, "slow mail must leave a thread for everything else");
static_assert(HTTP_REQUESTS_MAX + HTTP_VITAL_PLACES <= COROUTINES_MAX, "requests must leave coroutines for what keeps us alive");
static_assert(UPSTREAM_SILENCE_MS + UPSTREAM_PROBE_TIMEOUT_MS < REQUEST_TIMEOUT_MS / 2, "a silent service must be found out before requests give up");
static_assert(DB_WAIT_MAX_MS + DB_WRITE_TIMEOUT_MS <= REQUEST_TIMEOUT_MS, "who waits for the database must hear so in time");
static_assert(COROUTINES_MAX * ARENA_BLOCK_BYTES + HTTP_HEADS_MAX * (HTTP_HEAD_BYTES_MAX + 2048) <= MEMORY_RESERVE_BYTES / 8 * 7,
              "a block more for each coroutine, every head under way, and an eighth for the rest");
static_assert(4 * UPSTREAM_BODY_MAX + JSON_VALUES_MAX * 64 + JSON_BYTES_MAX <= ARENA_BYTES_MAX, "the largest reply, read by doubling, its tree and its texts");
static_assert(COROUTINES_MAX * 2 < 65530 / 2, "stacks must leave room under vm.max_map_count");
static_assert(DB_WRITE_TIMEOUT_MS < REQUEST_TIMEOUT_MS, "the server must give up before the client does");
static_assert(JOBS_SHARED < JOBS_RUNNING_MAX, "a kind of job that is stuck must leave places for others");
static_assert(JOB_RENEW_MS * 3 < JOB_LEASE_S * 1000, "a lease must survive two renewals that failed");
static_assert(EVENT_LANES * 64 + EVENT_TYPES_BYTES + 160 <= HTTP_TARGET_BYTES_MAX, "cursors and types must fit a target");
static_assert(EVENT_UNIT_MAX + 1 <= DB_BATCH_STATEMENTS_MAX, "events and their cursors must fit one unit");

#endif
