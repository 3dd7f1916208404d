/* See import_line.h. The rules of a product as a person or a spreadsheet writes it: a price with a decimal point, exact in the
 * currency's minor unit; nothing is rounded or guessed. */
#include "import_line.h"

#include "base/money.h"
#include "base/uuid.h"

#define TEXT_MAX 300
#define SKU_MAX 100
#define STOCK_MAX INT64_C(1000000000)

static const char *const names[COLUMNS] = { "sku",   "name",     "kind",  "category",     "subcategory",
                                            "price", "currency", "stock", "supplier_cost" };

const char *import_column_name(enum import_column column)
{
    return names[column];
}

enum import_column import_column_find(struct slice name)
{
    int column = 0;
    while (column < COLUMNS && !slice_equals_text(name, names[column]))
        column++;
    return (enum import_column)column;
}

static bool refuse(struct import_error *error, enum import_column column, const char *detail)
{
    error->field = names[column];
    error->detail = detail;
    return false;
}

static bool text_ok(struct slice text, enum import_column column, size_t max, bool required, struct import_error *error)
{
    if (required && text.size == 0)
        return refuse(error, column, "is required");
    if (text.size > max)
        return refuse(error, column, "is too long");
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return refuse(error, column, "must not hold control characters");
    return true;
}

static bool texts_ok(const struct slice c[COLUMNS], struct import_error *error)
{
    return text_ok(c[COLUMN_SKU], COLUMN_SKU, SKU_MAX, true, error) &&
           text_ok(c[COLUMN_NAME], COLUMN_NAME, TEXT_MAX, true, error) &&
           text_ok(c[COLUMN_CATEGORY], COLUMN_CATEGORY, SKU_MAX, false, error) &&
           text_ok(c[COLUMN_SUBCATEGORY], COLUMN_SUBCATEGORY, SKU_MAX, false, error);
}

static bool kind_ok(struct slice kind, struct import_error *error)
{
    if (kind.size == 0 || slice_equals_text(kind, "physical") || slice_equals_text(kind, "digital") ||
        slice_equals_text(kind, "service"))
        return true;
    return refuse(error, COLUMN_KIND, "must be physical, digital or service");
}

static bool amount_read(struct slice text, const struct currency *currency, enum import_column column, int64_t *out,
                        struct import_error *error)
{
    if (!money_parse_major(text, currency, out) || *out < 0)
        return refuse(error, column, "must be an amount, not negative, exact in the currency's smallest unit");
    return true;
}

static bool stock_read(struct slice text, int64_t *out, struct import_error *error)
{
    *out = 0;
    if (text.size > 0 && (!slice_to_int64(text, out) || *out < 0 || *out > STOCK_MAX))
        return refuse(error, COLUMN_STOCK, "must be a whole number of units");
    return true;
}

static void put_optional(struct json_writer *out, enum import_column column, struct slice text)
{
    json_put_text(out, names[column], text.size > 0 ? text : SLICE_NONE);
}

bool import_line_write(struct arena *arena, const struct slice columns[COLUMNS], int64_t line, struct json_writer *out,
                       struct import_error *error)
{
    struct slice c[COLUMNS];
    int64_t price = 0, stock = 0, cost = 0;
    for (int i = 0; i < COLUMNS; i++)
        c[i] = slice_trim(columns[i]);
    const struct currency *currency = currency_find(c[COLUMN_CURRENCY]);
    if (!texts_ok(c, error) || !kind_ok(c[COLUMN_KIND], error))
        return false;
    if (!currency)
        return refuse(error, COLUMN_CURRENCY, "must be an ISO 4217 code");
    if (!amount_read(c[COLUMN_PRICE], currency, COLUMN_PRICE, &price, error) || !stock_read(c[COLUMN_STOCK], &stock, error))
        return false;
    bool has_cost = c[COLUMN_SUPPLIER_COST].size > 0;
    if (has_cost && !amount_read(c[COLUMN_SUPPLIER_COST], currency, COLUMN_SUPPLIER_COST, &cost, error))
        return false;
    json_begin(out, NULL, '{');
    json_put_int(out, "line", line);
    json_put_text(out, "id", uuid_new(arena));
    json_put_text(out, "sku", c[COLUMN_SKU]);
    json_put_text(out, "name", c[COLUMN_NAME]);
    json_put_text(out, "kind", c[COLUMN_KIND].size > 0 ? c[COLUMN_KIND] : SLICE("physical"));
    put_optional(out, COLUMN_CATEGORY, c[COLUMN_CATEGORY]);
    put_optional(out, COLUMN_SUBCATEGORY, c[COLUMN_SUBCATEGORY]);
    json_put_int(out, "price", price);
    json_put_text(out, "currency", slice_from_text(currency->code));
    if (c[COLUMN_STOCK].size > 0)
        json_put_int(out, "stock", stock);
    if (has_cost)
        json_put_int(out, "supplier_cost", cost);
    json_end(out, '}');
    return true;
}
