/* How much one process takes on: connections, requests in flight, file descriptors. */
#ifndef CUOTAS_SERVICE_CAPACITY_H
#define CUOTAS_SERVICE_CAPACITY_H

#include "http/server.h"
#include "service/service.h"

/* Reads CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS, REQUESTS_MAX and CHANGES_MAX. */
void capacity_configure(const struct service *service);
/* Before the loop: raises the limit of open files to what that needs, as far as it may; lowers what does not fit. */
void capacity_claim(const struct service *service);
void capacity_apply(struct http_server_config *config);

#endif
