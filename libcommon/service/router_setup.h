/* The router of a service: its own routes and the builtins. */
#ifndef CUOTAS_SERVICE_ROUTER_SETUP_H
#define CUOTAS_SERVICE_ROUTER_SETUP_H

#include "service/service.h"

void router_setup(const struct service *service);
void router_close(void);

#endif
