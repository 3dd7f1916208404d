/* The operations every service has: /livez, /readyz, /metrics and the /internal ones. */
#ifndef CUOTAS_SERVICE_BUILTIN_H
#define CUOTAS_SERVICE_BUILTIN_H

#include "http/route.h"
#include "http/server.h"
#include "service/service.h"

extern const struct route builtin_routes[];
extern const size_t builtin_route_count;

/* What the builtins report on; set by service_main before it listens. */
void builtin_setup(const struct service *service);
/* The server whose connections and requests are shown. */
void builtin_watch(const struct http_server *server);
/* True when everything is up; false again when draining starts. */
void builtin_set_ready(bool ready);

#endif
