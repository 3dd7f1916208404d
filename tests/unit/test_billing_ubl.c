/* What of an electronic invoice is not copied from the document as it is. The rest is held against schema and rules by the flows. */
#include "check.h"

#include "base/arena.h"
#include "billing/ubl.h"

static void a_shops_tax_id_begins_with_its_country_once(void **state)
{
    static const struct {
        const char *country, *id, *told;
    } shops[] = {
        { "CO", "900.123.456-8", "CO9001234568" },
        { "ES", "B-12345678", "ESB12345678" },
        { "ES", "ESB12345678", "ESB12345678" },
        { "ES", "ES B12345678", "ESB12345678" },
        { "ES", "E12345678", "ESE12345678" },
        { "CL", "76.123.456-K", "CL76123456K" },
        { "MX", "MXA010101AB1", "MXMXA010101AB1" },
        { "MX", "MXMXA010101AB1", "MXMXA010101AB1" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof shops / sizeof *shops; i++) {
        struct arena *arena = arena_new();
        const struct slice document = arena_printf(arena, "{\"kind\":\"invoice\",\"currency\":\"EUR\",\"seller\":{\"name\":\"Tienda\",\"country\":\"%s\",\"tax_id\":\"%s\"}}", shops[i].country, shops[i].id);
        const struct slice xml = ubl_document(arena, document);
        const struct slice told = arena_printf(arena, "<cac:PartyTaxScheme><cbc:CompanyID>%s</cbc:CompanyID>", shops[i].told);
        if (!memmem(xml.data, xml.size, told.data, told.size))
            fail_msg("%s of %s: %.*s", shops[i].id, shops[i].country, (int)xml.size, xml.data);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_shops_tax_id_begins_with_its_country_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
