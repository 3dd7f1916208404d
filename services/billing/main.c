/* billing: receivables, payments, ledger, invoices. */
#include "billing/day_close.h"
#include "billing/invoice_pdf.h"
#include "billing/pace.h"
#include "billing/payment_slip.h"
#include "billing/provider.h"
#include "gen/billing/tables.h"
#include "service/merchant.h"
#include "service/service.h"

static void configure(void)
{
    provider_configure_all();
    pace_configure();
    merchant_party_configure();
    invoice_pdf_configure();
    payment_slip_configure();
}

int main(int argc, char **argv)
{
    const struct service service = {
        .name = "billing",
        SERVICE_TABLES,
        .configure = configure,
        .day_close = billing_day_close,
    };
    return service_main(argc, argv, &service);
}
