/* orders: offers, simulations, carts, orders and their contracts. */
#include "gen/orders/tables.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    const struct service service = { .name = "orders", SERVICE_TABLES };
    return service_main(argc, argv, &service);
}
