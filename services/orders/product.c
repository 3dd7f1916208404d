/* Reads one product from the catalog's public operation. An answer that is not a product is a broken peer: unavailable, logged. */
#include "product.h"

#include "base/log.h"
#include "gen/problems.h"
#include "service/service.h"
#include "wire/json.h"

SUSPENDS const struct product *product_fetch(struct work *w, struct slice id)
{
    const struct slice target = arena_printf(w->arena, "/v1/products/%.*s", SLICE_FMT(id));
    const struct slice *answer = service_call(w, "catalog", "GET", target, SLICE_NONE);
    if (!answer)
        return NULL;
    const cJSON *body = json_parse(w->arena, *answer, NULL, NULL);
    struct product *product = ARENA_NEW(w->arena, struct product);
    *product = (struct product){
        .id = json_member_text(body, "id"), .sku = json_member_text(body, "sku"), .name = json_member_text(body, "name"),
        .kind = json_member_text(body, "kind"), .category = json_member_text(body, "category"),
        .currency = json_member_text(body, "currency"), .price = json_member_int64(body, "price", -1),
        .for_sale = slice_equals_text(json_member_text(body, "status"), "active"),
    };
    if (product->price < 0 || slice_is_none(product->id) || slice_is_none(product->currency)) {
        log_error("the catalog's answer is not a product", LOG_SLICE("product", id));
        return work_fail(w, &PROBLEM_unavailable, "the catalog gave no usable answer");
    }
    return product;
}
