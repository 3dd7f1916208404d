/* The wires between the processes of a fault run: every link a listening socket, passed on byte by byte to where the peer really listens, and
 * broken on command. One process, one epoll loop; commands come line by line on standard input and each is answered by one line.
 *
 *     link <name> <listen> <target>                     an address is 127.0.0.1:port or the path of a unix socket
 *     way <name> <up|down> <pass|hold|lose|reset> <bytes> <delay_us> <jitter_us>
 *     refuse <name> <0|1>                               1: nobody listens any more (open connections go on)
 *     target <name> <address>                           new connections go there from now on
 *     reset <name>                                      RST to both ends of all open connections
 *     stat <name>                                       ok accepted open bytes_up bytes_down resets waiting_up waiting_down
 *
 * "up" is from the caller to the peer. hold: nothing is read. lose: it is read and dropped. reset: <bytes> more pass on each connection, then both
 * ends get an RST; 0 resets at the first byte. A connection that lost bytes is never trusted again: it is reset when its way is set anew.
 * Bytes keep their order whatever the delays are. The end of standard input is the end of everything. */
#include "proxy.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define LINE_MAX_BYTES 1024

static struct link *links;
static struct watch command_watch = { .kind = WATCH_COMMANDS };

int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct link *first_link(void)
{
    return links;
}

static struct link *link_find(const char *name)
{
    for (struct link *link = links; link; link = link->next)
        if (strcmp(link->name, name) == 0)
            return link;
    return NULL;
}

static const char *command_link(const char *name, const char *listen, const char *target)
{
    struct link *link = link_find(name) ? NULL : calloc(1, sizeof *link);
    if (!link)
        return "error: that link exists";
    snprintf(link->name, sizeof link->name, "%s", name);
    link->watch = (struct watch){ .kind = WATCH_LINK, .owner = link };
    if (!address_parse(listen, &link->listen) || !address_parse(target, &link->target) || !link_listen(link)) {
        free(link);
        return "error: cannot listen there";
    }
    link->next = links;
    links = link;
    return "ok";
}

static const char *command_way(struct link *link, const char *arguments)
{
    static const char *const modes[] = { [WAY_PASS] = "pass", [WAY_HOLD] = "hold", [WAY_LOSE] = "lose", [WAY_RESET] = "reset" };
    char side[8], mode[8];
    struct way way = { 0 };
    if (sscanf(arguments, "%7s %7s %ld %ld %ld", side, mode, &way.bytes, &way.delay_us, &way.jitter_us) != 5)
        return "error: way <name> <up|down> <mode> <bytes> <delay_us> <jitter_us>";
    bool up = strcmp(side, "up") == 0;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(mode, modes[i]) != 0)
            continue;
        way.mode = (enum way_mode)i;
        way.passed = link->ways[up ? UP : DOWN].passed;
        link->ways[up ? UP : DOWN] = way;
        link_changed(link, up ? UP : DOWN);
        return "ok";
    }
    return "error: no such mode";
}

static const char *command(char *line)
{
    static char answer[200];
    char verb[16] = "", name[NAME_MAX_BYTES] = "", listen[128] = "", target[128] = "";
    int used = 0;
    if (sscanf(line, "link %79s %127s %127s", name, listen, target) == 3)
        return command_link(name, listen, target);
    if (sscanf(line, "%15s %79s%n", verb, name, &used) != 2)
        return "error: no command";
    struct link *link = link_find(name);
    if (!link)
        return "error: no such link";
    if (sscanf(line, "target %79s %127s", name, target) == 2)
        return address_parse(target, &link->target) ? "ok" : "error: no address";
    if (strcmp(verb, "way") == 0)
        return command_way(link, line + used);
    if (strcmp(verb, "refuse") == 0)
        return link_refuse(link, atoi(line + used) != 0) ? "ok" : "error: cannot listen there again";
    if (strcmp(verb, "reset") == 0) {
        link_reset(link);
        return "ok";
    }
    if (strcmp(verb, "stat") != 0)
        return "error: no such command";
    uint64_t waiting[2] = { 0 };
    for (struct pair *pair = link->pairs; pair; pair = pair_next(pair))
        for (int side = 0; side < 2; side++)
            waiting[side] += pair_waiting(pair, side);
    snprintf(answer, sizeof answer, "ok %lu %lu %lu %lu %lu %lu %lu", link->accepted, link->open, link->ways[UP].passed, link->ways[DOWN].passed,
             link->resets, waiting[UP], waiting[DOWN]);
    return answer;
}

static void commands_read(void)
{
    static char buffer[LINE_MAX_BYTES];
    static size_t filled;
    ssize_t got = read(STDIN_FILENO, buffer + filled, sizeof buffer - filled);
    if (got <= 0 || filled == sizeof buffer)
        exit(0);
    filled += (size_t)got;
    char *line = buffer, *end;
    while ((end = memchr(line, '\n', filled - (size_t)(line - buffer)))) {
        *end = '\0';
        puts(command(line));
        fflush(stdout);
        line = end + 1;
    }
    filled -= (size_t)(line - buffer);
    memmove(buffer, line, filled);
}

int main(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    proxy_epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event commands = { .events = EPOLLIN, .data.ptr = &command_watch };
    epoll_ctl(proxy_epoll, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(proxy_epoll, events, EVENTS_MAX, pairs_timeout_ms());
        if (count < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < count; i++) {
            struct watch *watch = events[i].data.ptr;
            if (watch->kind == WATCH_COMMANDS)
                commands_read();
            else if (watch->kind == WATCH_LINK)
                link_accept(watch->owner);
            else
                pair_event(watch->owner, watch->side, events[i].events);
        }
        pairs_flush_due();
        pairs_free_dead();
    }
}
