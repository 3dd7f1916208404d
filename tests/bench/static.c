/* The services' server with a reply made beforehand: what an operation costs that only answers. One route, at the path of the simulation,
 * which takes the same requests and reads their bodies, but looks at nothing in them. Everything the library does for a service's
 * request it does here too: identity, request id, access log, metrics, admission. STATIC_BYTES: of the reply's body, JSON. */
#include "base/limits.h"
#include "service/config.h"
#include "service/service.h"

#include <string.h>

#define BYTES_MIN 16
#define BYTES_MAX 65536

static char body[BYTES_MAX];
static size_t body_size;

static void configure(void)
{
    static const char head[] = "{\"data\":\"", tail[] = "\"}";
    body_size = (size_t)config_int_or("STATIC_BYTES", 200, BYTES_MIN, BYTES_MAX);
    memset(body, 'x', body_size);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + body_size - (sizeof tail - 1), tail, sizeof tail - 1);
}

static SUSPENDS struct reply answer(struct request *rq)
{
    return reply_ok(rq, slice_of(body, body_size));
}

static const struct route routes[] = {
    { .method = HTTP_POST, .path = "/v1/simulations", .operation = "static", .handle = answer, .accepts_json = true, .body_max = 16384,
      .timeout_ms = REQUEST_TIMEOUT_MS },
};

int main(int argc, char **argv)
{
    const struct service service = { .name = "static", .routes = routes, .route_count = sizeof routes / sizeof *routes, .configure = configure };
    return service_main(argc, argv, &service);
}
