/* Addresses from text, and names through getaddrinfo, which blocks and so runs on the thread pool. A look-up that outlives
 * its waiter frees itself. Only resolve() suspends. */
#include "io/resolve.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/threads.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST_MAX 253   /* RFC 1035 */
#define IPV6_GROUP_BYTES 8

bool address_split(struct slice text, struct slice *host, int *port)
{
    size_t colon = text.size;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    int64_t number;
    if (colon < 2 || !slice_to_int64(slice_of(text.data + colon, text.size - colon), &number) || number < 0 ||
        number > 65535)
        return false;
    *host = slice_of(text.data, colon - 1);
    *port = (int)number;
    if (host->data[0] != '[')
        return memchr(host->data, ':', host->size) == NULL;
    if (host->size < 3 || host->data[host->size - 1] != ']')
        return false;
    *host = slice_of(host->data + 1, host->size - 2);
    return true;
}

bool address_parse(struct slice host, int port, struct address *out)
{
    char text[HOST_MAX + 1];
    if (host.size == 0 || host.size > HOST_MAX || memchr(host.data, 0, host.size))
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    *out = (struct address){ 0 };
    if (text[0] == '/') {
        if (host.size >= sizeof out->local.sun_path)
            return false;
        out->local.sun_family = AF_UNIX;
        memcpy(out->local.sun_path, text, host.size + 1);
        out->size = sizeof out->local;
    } else if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        out->size = sizeof out->v4;
    } else if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        out->size = sizeof out->v6;
    }
    return out->size > 0;
}

void address_ip_text(const struct address *address, char out[INET6_ADDRSTRLEN])
{
    const void *bytes = NULL;
    int family = address->any.sa_family;
    out[0] = '\0';
    if (family == AF_INET) {
        bytes = &address->v4.sin_addr;
    } else if (family == AF_INET6) {
        bytes = &address->v6.sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr)) {
            bytes = &address->v6.sin6_addr.s6_addr[12];
            family = AF_INET;
        }
    }
    if (bytes && !inet_ntop(family, bytes, out, INET6_ADDRSTRLEN))
        out[0] = '\0';
}

uint64_t address_group(const struct address *address)
{
    const void *bytes = NULL;
    size_t size = sizeof address->v4.sin_addr;
    if (address->any.sa_family == AF_INET) {
        bytes = &address->v4.sin_addr;
    } else if (address->any.sa_family == AF_INET6) {
        bool mapped = IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
        bytes = mapped ? &address->v6.sin6_addr.s6_addr[12] : &address->v6.sin6_addr.s6_addr[0];
        size = mapped ? size : IPV6_GROUP_BYTES;
    }
    return bytes ? hash_bytes(slice_of(bytes, size)) | 1 : 0;
}

struct lookup {
    char host[HOST_MAX + 1];
    char port[8];
    int error;
    struct addrinfo *found;
};

/* On a pool thread. */
static void lookup_run(void *arg)
{
    struct lookup *lookup = arg;
    const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    lookup->error = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->found);
}

static void lookup_free(void *arg)
{
    struct lookup *lookup = arg;
    if (lookup->found)
        freeaddrinfo(lookup->found);
    memory_free(lookup);
}

static enum result lookup_take(const struct lookup *lookup, struct address *out, size_t *count)
{
    *count = 0;
    for (const struct addrinfo *at = lookup->found; at && *count < RESOLVE_ADDRESSES_MAX; at = at->ai_next) {
        if (at->ai_addrlen > sizeof out->local)
            continue;
        struct address *address = &out[(*count)++];
        *address = (struct address){ .size = at->ai_addrlen };
        memcpy(&address->local, at->ai_addr, at->ai_addrlen);
    }
    if (*count > 0)
        return RESULT_OK;
    log_warn("name cannot be resolved", LOG_TEXT("host", lookup->host), LOG_TEXT("reason", gai_strerror(lookup->error)));
    return RESULT_CLOSED;
}

enum result resolve(struct slice host, int port, int64_t deadline_us, struct address out[RESOLVE_ADDRESSES_MAX],
                    size_t *count)
{
    *count = 0;
    if (address_parse(host, port, &out[0])) {
        *count = 1;
        return RESULT_OK;
    }
    if (host.size == 0 || host.size > HOST_MAX || memchr(host.data, 0, host.size) || host.data[0] == '/')
        return RESULT_MALFORMED;
    struct lookup *lookup = memory_new(sizeof *lookup);
    memcpy(lookup->host, host.data, host.size);
    (void)snprintf(lookup->port, sizeof lookup->port, "%d", port);
    enum result result = thread_run_owned(lookup_run, lookup, lookup_free, deadline_us);
    if (result == RESULT_OK)
        result = lookup_take(lookup, out, count);
    else if (result != RESULT_BUSY)
        return result;   /* it runs on and frees itself */
    lookup_free(lookup);
    return result;
}
