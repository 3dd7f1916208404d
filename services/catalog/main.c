/* catalog: products, prices, stock and the holds on it. */
#include "gen/catalog/tables.h"
#include "service/service.h"

int main(int argc, char **argv)
{
    const struct service service = { .name = "catalog", SERVICE_TABLES };
    return service_main(argc, argv, &service);
}
