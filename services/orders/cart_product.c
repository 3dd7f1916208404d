/* What a cart keeps of a product: asked of the catalog when it is put in. An order takes the catalog's word of its own moment. */
#include "cart_product.h"

#include "gen/problems.h"
#include "wire/json_write.h"

SUSPENDS const struct product *cart_product(struct work *w, struct slice id, struct slice pointer)
{
    const struct product *product = product_fetch(w, id);
    if (product && product->for_sale)
        return product;
    if (!product && w->failure.problem != &PROBLEM_not_found)
        return NULL;
    w->failure = (struct failure){ 0 };
    return work_fail_field(w, &PROBLEM_product_not_found, pointer, "product_not_found", "is not for sale");
}

struct slice cart_product_json(struct arena *arena, const struct product *product)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "product_id", product->id);
    json_put_text(&out, "sku", product->sku);
    json_put_text(&out, "name", product->name);
    json_put_text(&out, "kind", product->kind);
    json_put_text(&out, "category", product->category);
    json_put_int(&out, "unit_price", product->price);
    json_end(&out, '}');
    return json_done(&out);
}
