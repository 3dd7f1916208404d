/* sandbox: a payment provider for development and tests that speaks Stripe's wire protocol. Never part of a production deployment. */
#include "gen/sandbox/tables.h"
#include "sandbox.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    struct service service = { .name = "sandbox", SERVICE_TABLES, .configure = sandbox_configure, .dispatch = sandbox_dispatch };
    service.routes = stripe_routes;
    service.route_count = stripe_route_count;
    return service_main(argc, argv, &service);
}
