/* One line of an import, checked: from CSV fields or from a JSON object to the members import_products.sql takes. Pure. */
#ifndef CUOTAS_CATALOG_IMPORT_LINE_H
#define CUOTAS_CATALOG_IMPORT_LINE_H

#include "base/arena.h"
#include "wire/json_write.h"

enum import_column {
    COLUMN_SKU, COLUMN_NAME, COLUMN_KIND, COLUMN_CATEGORY, COLUMN_SUBCATEGORY, COLUMN_PRICE, COLUMN_CURRENCY, COLUMN_STOCK,
    COLUMN_SUPPLIER_COST, COLUMNS
};

/* What is wrong with a line. */
struct import_error {
    int64_t line;
    struct slice sku;     /* none when the line has none */
    const char *field;    /* NULL: the line as a whole */
    const char *detail;
};

const char *import_column_name(enum import_column column);
/* COLUMNS when there is no such column. */
enum import_column import_column_find(struct slice name);
/* Writes one checked line as a JSON object into `out`. False with *error filled (line and sku left to the caller). Absent
 * columns are none; blank optional columns count as absent. */
bool import_line_write(struct arena *arena, const struct slice columns[COLUMNS], int64_t line, struct json_writer *out,
                       struct import_error *error);

#endif
