/* A link's listening socket, and what is done to all of its connections at once. */
#include "proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 512

int proxy_epoll;

bool address_parse(const char *text, struct address *address)
{
    *address = (struct address){ 0 };
    if (text[0] == '/') {
        struct sockaddr_un *name = (struct sockaddr_un *)&address->name;
        name->sun_family = AF_UNIX;
        address->length = sizeof *name;
        if (strlen(text) >= sizeof name->sun_path)
            return false;
        memcpy(name->sun_path, text, strlen(text) + 1);
        return true;
    }
    struct sockaddr_in *name = (struct sockaddr_in *)&address->name;
    const char *colon = strchr(text, ':');
    char host[64];
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return false;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    name->sin_family = AF_INET;
    name->sin_port = htons((uint16_t)atoi(colon + 1));
    address->length = sizeof *name;
    return inet_pton(AF_INET, host, &name->sin_addr) == 1;
}

bool link_listen(struct link *link)
{
    int on = 1, family = link->listen.name.ss_family;
    link->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (family == AF_UNIX) {
        const char *path = ((struct sockaddr_un *)&link->listen.name)->sun_path;
        unlink(path);
    }
    /* The port may be reserved by a bound socket of the launcher's. */
    setsockopt(link->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(link->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &link->watch };
    if (bind(link->fd, (struct sockaddr *)&link->listen.name, link->listen.length) == 0 && listen(link->fd, BACKLOG) == 0 &&
        epoll_ctl(proxy_epoll, EPOLL_CTL_ADD, link->fd, &event) == 0)
        return true;
    close(link->fd);
    link->fd = -1;
    return false;
}

bool link_refuse(struct link *link, bool refuse)
{
    if (refuse == (link->fd < 0))
        return true;
    if (!refuse)
        return link_listen(link);
    close(link->fd);
    link->fd = -1;
    return true;
}

void link_accept(struct link *link)
{
    int fd, on = 1;
    while (link->fd >= 0 && (fd = accept4(link->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        link->accepted++;
        pair_begin(link, fd);
    }
}

void link_reset(struct link *link)
{
    for (struct pair *pair = link->pairs, *next; pair; pair = next) {
        next = pair_next(pair);
        pair_reset(pair);
    }
}

void link_changed(struct link *link, int side)
{
    for (struct pair *pair = link->pairs, *next; pair; pair = next) {
        next = pair_next(pair);
        pair_way_changed(pair, side);
    }
}
