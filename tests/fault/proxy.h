/* Links (where somebody listens) and pairs (one connection through a link: the caller's socket and the peer's). See proxy.c. */
#ifndef PROXY_H
#define PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define NAME_MAX_BYTES 80

enum { UP, DOWN };   /* the index of a way is the index of the socket it is read from: UP the caller's, DOWN the peer's */
enum way_mode { WAY_PASS, WAY_HOLD, WAY_LOSE, WAY_RESET };
enum watch_kind { WATCH_COMMANDS, WATCH_LINK, WATCH_PAIR };

struct watch {
    enum watch_kind kind;
    int side;
    void *owner;
};

struct address {
    struct sockaddr_storage name;
    socklen_t length;
};

struct way {
    enum way_mode mode;
    int64_t bytes, delay_us, jitter_us;
    uint64_t passed;
};

struct link {
    char name[NAME_MAX_BYTES];
    struct address listen, target;
    struct watch watch;
    int fd;
    struct way ways[2];
    uint64_t accepted, open, resets;
    struct pair *pairs;
    struct link *next;
};

extern int proxy_epoll;

int64_t now_us(void);
struct link *first_link(void);

bool address_parse(const char *text, struct address *address);
bool link_listen(struct link *link);
void link_accept(struct link *link);
bool link_refuse(struct link *link, bool refuse);
void link_reset(struct link *link);
/* One of its ways was set anew. */
void link_changed(struct link *link, int side);

void pair_begin(struct link *link, int caller);
void pair_reset(struct pair *pair);
void pair_way_changed(struct pair *pair, int side);
/* Bytes that were sent to it and not read yet. */
uint64_t pair_waiting(const struct pair *pair, int side);
struct pair *pair_next(struct pair *pair);
void pair_event(struct pair *pair, int side, uint32_t events);
/* Until the next delayed piece is due; -1 for never. */
int pairs_timeout_ms(void);
void pairs_flush_due(void);
/* After a round of events: none of them can name these any more. */
void pairs_free_dead(void);

#endif
