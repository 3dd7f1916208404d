/* Socket addresses: numeric text at once, names by getaddrinfo on the thread pool. */
#ifndef CUOTAS_IO_RESOLVE_H
#define CUOTAS_IO_RESOLVE_H

#include "base/result.h"
#include "base/slice.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define RESOLVE_ADDRESSES_MAX 8

struct address {
    socklen_t size;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    };
};

/* "127.0.0.1:80", "[::1]:80", "name:80" in two parts; false when it is not of that form. */
bool address_split(struct slice text, struct slice *host, int *port);
/* An IPv4 or IPv6 address, or the absolute path of a unix socket; false when it is none (a name, or too long). */
bool address_parse(struct slice host, int port, struct address *out);
/* The IP part as text, "" for unix sockets; out holds INET6_ADDRSTRLEN (46) bytes. IPv4-mapped IPv6 is shown as IPv4. */
void address_ip_text(const struct address *address, char out[INET6_ADDRSTRLEN]);

/* Who an address belongs to, for counting: an IPv4 address as it is, of IPv6 the /64 (one customer of a provider has at least that
 * many), 0 for everything else. IPv4-mapped IPv6 counts as IPv4. Keyed, so that nobody can choose whom to collide with. */
uint64_t address_group(const struct address *address);

/* All addresses of a host, at most RESOLVE_ADDRESSES_MAX, in the system's order of preference. RESULT_CLOSED when there is no
 * such name. */
SUSPENDS MUST_CHECK enum result resolve(struct slice host, int port, int64_t deadline_us,
                                        struct address out[RESOLVE_ADDRESSES_MAX], size_t *count);

#endif
