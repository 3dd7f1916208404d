/* One connection through a link. What is read from one socket waits in a queue, each piece with the time it may go on, until the other socket
 * takes it. A pair that ended stays in memory until the round of events is over. */
#include "proxy.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PIECE_MAX 65536
#define QUEUE_MAX (4 * PIECE_MAX)

struct piece {
    struct piece *next;
    int64_t due_us;
    size_t size, sent;
    char bytes[];
};

struct flow {
    struct piece *first, *last;
    size_t queued;
    int64_t bytes_left;   /* until the reset, in WAY_RESET */
    bool ended, shut;     /* the end was read; and passed on */
};

struct pair {
    struct link *link;
    struct pair *next, *previous;
    struct watch watches[2];
    int fds[2];
    uint32_t interest[2];
    struct flow flows[2];   /* flows[i] is read from fds[i] and written to fds[!i] */
    bool gone[2];           /* closed both ways: only what it said before is left to pass on */
    bool connected, lost, dead;
};

static struct pair *dead_pairs;
static uint64_t delayed;   /* pieces that were given a delay and wait */
static uint64_t random_state = 88172645463325252;

static int64_t jitter(int64_t max)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return max > 0 ? (int64_t)(random_state % (uint64_t)max) : 0;
}

uint64_t pair_waiting(const struct pair *pair, int side)
{
    int bytes = 0;
    return ioctl(pair->fds[side], FIONREAD, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

struct pair *pair_next(struct pair *pair)
{
    return pair->next;
}

static struct way *way_of(struct pair *pair, int side)
{
    return &pair->link->ways[side];
}

static void piece_drop(struct flow *flow)
{
    struct piece *piece = flow->first;
    flow->first = piece->next;
    flow->queued -= piece->size;
    delayed -= piece->due_us != 0;
    free(piece);
}

static void pair_end(struct pair *pair, bool abruptly)
{
    if (pair->dead)
        return;
    for (int side = 0; side < 2; side++) {
        struct linger now = { .l_onoff = 1 };
        while (pair->flows[side].first)
            piece_drop(&pair->flows[side]);
        if (abruptly)
            setsockopt(pair->fds[side], SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(pair->fds[side]);
    }
    *(pair->previous ? &pair->previous->next : &pair->link->pairs) = pair->next;
    if (pair->next)
        pair->next->previous = pair->previous;
    pair->dead = true;
    pair->link->open--;
    pair->link->resets += abruptly;
    pair->next = dead_pairs;
    dead_pairs = pair;
}

void pair_reset(struct pair *pair)
{
    pair_end(pair, true);
}

/* What is worth hearing of each socket follows from the state; told to the kernel when it changes. */
static void pair_watch(struct pair *pair)
{
    for (int side = 0; side < 2 && !pair->dead; side++) {
        if (pair->gone[side])
            continue;
        struct flow *in = &pair->flows[side], *out = &pair->flows[!side];
        bool reads = pair->connected && !in->ended && in->queued < QUEUE_MAX && way_of(pair, side)->mode != WAY_HOLD;
        bool writes = (side == DOWN && !pair->connected) || (out->first && out->first->due_us <= now_us() && way_of(pair, !side)->mode != WAY_HOLD);
        uint32_t wanted = (reads ? (uint32_t)EPOLLIN : 0) | (writes ? (uint32_t)EPOLLOUT : 0);
        if (wanted == pair->interest[side])
            continue;
        struct epoll_event event = { .events = wanted, .data.ptr = &pair->watches[side] };
        epoll_ctl(proxy_epoll, EPOLL_CTL_MOD, pair->fds[side], &event);
        pair->interest[side] = wanted;
    }
}

/* Writes what is due of a flow. */
static void flow_write(struct pair *pair, int side)
{
    struct flow *flow = &pair->flows[side];
    struct way *way = way_of(pair, side);
    while (!pair->dead && pair->connected && way->mode != WAY_HOLD && flow->first && flow->first->due_us <= now_us()) {
        struct piece *piece = flow->first;
        ssize_t sent = send(pair->fds[!side], piece->bytes + piece->sent, piece->size - piece->sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR)
                pair_reset(pair);
            return;
        }
        way->passed += (uint64_t)sent;
        piece->sent += (size_t)sent;
        if (piece->sent == piece->size)
            piece_drop(flow);
    }
    if (pair->dead || flow->first || !flow->ended || flow->shut || way->mode == WAY_HOLD)
        return;
    flow->shut = true;
    shutdown(pair->fds[!side], SHUT_WR);
    if (pair->flows[!side].shut || pair->gone[side])
        pair_end(pair, false);
}

static void flow_queue(struct pair *pair, int side, const char *bytes, size_t size)
{
    struct flow *flow = &pair->flows[side];
    struct way *way = way_of(pair, side);
    struct piece *piece = malloc(sizeof *piece + size);
    if (!piece)
        abort();
    int64_t due_us = way->delay_us || way->jitter_us ? now_us() + way->delay_us + jitter(way->jitter_us) : 0;
    if (flow->first && due_us < flow->last->due_us)
        due_us = flow->last->due_us;
    *piece = (struct piece){ .size = size, .due_us = due_us };
    memcpy(piece->bytes, bytes, size);
    *(flow->first ? &flow->last->next : &flow->first) = piece;
    flow->last = piece;
    flow->queued += size;
    delayed += due_us != 0;
}

/* False when the pair is over. */
static bool flow_take(struct pair *pair, int side, const char *bytes, size_t size)
{
    struct flow *flow = &pair->flows[side];
    enum way_mode mode = way_of(pair, side)->mode;
    if (mode == WAY_LOSE) {
        pair->lost = true;
        return true;
    }
    bool last = mode == WAY_RESET && (int64_t)size >= flow->bytes_left;
    if (last)
        size = (size_t)flow->bytes_left;
    if (mode == WAY_RESET)
        flow->bytes_left -= (int64_t)size;
    if (size > 0)
        flow_queue(pair, side, bytes, size);
    if (!last)
        return true;
    flow_write(pair, side);
    if (!pair->dead)
        pair_reset(pair);
    return false;
}

static void flow_read(struct pair *pair, int side, size_t max)
{
    static char bytes[PIECE_MAX];
    struct flow *flow = &pair->flows[side];
    while (!pair->dead && !flow->ended && flow->queued < max) {
        ssize_t got = recv(pair->fds[side], bytes, sizeof bytes, 0);
        if (got < 0) {
            if (errno != EAGAIN && errno != EINTR)
                pair_reset(pair);
            break;
        }
        if (got == 0)
            flow->ended = true;
        else if (!flow_take(pair, side, bytes, (size_t)got))
            return;
        if (got > 0 && (size_t)got < sizeof bytes && max == QUEUE_MAX)
            break;
    }
    flow_write(pair, side);
}

void pair_begin(struct link *link, int caller)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int on = 1, peer = socket(link->target.name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (!pair || peer < 0)
        abort();
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *pair = (struct pair){ .link = link, .fds = { caller, peer }, .next = link->pairs };
    if (link->pairs)
        link->pairs->previous = pair;
    link->pairs = pair;
    link->open++;
    bool begun = connect(peer, (struct sockaddr *)&link->target.name, link->target.length) == 0;
    pair->connected = begun;
    for (int side = 0; side < 2; side++) {
        pair->watches[side] = (struct watch){ .kind = WATCH_PAIR, .side = side, .owner = pair };
        pair->flows[side].bytes_left = link->ways[side].bytes;
        struct epoll_event event = { .data.ptr = &pair->watches[side] };
        epoll_ctl(proxy_epoll, EPOLL_CTL_ADD, pair->fds[side], &event);
    }
    if (!begun && errno != EINPROGRESS)
        pair_reset(pair);   /* nobody is there: the caller is told with an RST */
    else
        pair_watch(pair);
}

static void pair_connected(struct pair *pair)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(pair->fds[DOWN], SOL_SOCKET, SO_ERROR, &error, &size);
    if (error)
        pair_reset(pair);
    else
        pair->connected = true;
}

/* A socket was closed both ways. What it said before still goes on, unless the link is held: then that is lost with it. */
static void pair_hung_up(struct pair *pair, int side)
{
    if (!pair->connected || way_of(pair, side)->mode == WAY_HOLD) {
        pair_reset(pair);
        return;
    }
    epoll_ctl(proxy_epoll, EPOLL_CTL_DEL, pair->fds[side], NULL);
    pair->gone[side] = true;
    flow_read(pair, side, SIZE_MAX);
}

void pair_event(struct pair *pair, int side, uint32_t events)
{
    if (pair->dead)
        return;
    if (side == DOWN && !pair->connected)
        pair_connected(pair);
    else if (events & EPOLLERR)
        pair_reset(pair);
    else if (events & EPOLLHUP)
        pair_hung_up(pair, side);
    else if (events & EPOLLIN)
        flow_read(pair, side, QUEUE_MAX);
    if (!pair->dead && events & EPOLLOUT)
        flow_write(pair, !side);
    if (!pair->dead)
        pair_watch(pair);
}

void pair_way_changed(struct pair *pair, int side)
{
    if (pair->lost) {
        pair_reset(pair);
        return;
    }
    pair->flows[side].bytes_left = way_of(pair, side)->bytes;
    flow_write(pair, side);
    if (!pair->dead)
        pair_watch(pair);
}

int pairs_timeout_ms(void)
{
    if (delayed == 0)
        return -1;
    int64_t next_us = INT64_MAX, now = now_us();
    for (struct link *link = first_link(); link; link = link->next)
        for (struct pair *pair = link->pairs; pair; pair = pair->next)
            for (int side = 0; side < 2; side++)
                if (pair->flows[side].first && pair->flows[side].first->due_us > now && pair->flows[side].first->due_us < next_us)
                    next_us = pair->flows[side].first->due_us;
    return next_us == INT64_MAX ? -1 : (int)((next_us - now + 999) / 1000);
}

void pairs_flush_due(void)
{
    if (delayed == 0)
        return;
    for (struct link *link = first_link(); link; link = link->next)
        for (struct pair *pair = link->pairs, *next; pair; pair = next) {
            next = pair->next;
            for (int side = 0; side < 2; side++)
                flow_write(pair, side);
            if (!pair->dead)
                pair_watch(pair);
        }
}

void pairs_free_dead(void)
{
    while (dead_pairs) {
        struct pair *pair = dead_pairs;
        dead_pairs = pair->next;
        free(pair);
    }
}
