/* The shared installment-math vectors (law, Commission documents, peers): read from $CUOTAS_SHARED or ../shared, beside the project.
 * Where they are absent the test is skipped, with a message. */
#ifndef CUOTAS_TESTS_VECTORS_H
#define CUOTAS_TESTS_VECTORS_H

#include "plan_check.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

/* The array of cases of a file; the test ends as skipped when there is none. */
static inline cJSON *vectors_load(const char *file)
{
    const char *shared = getenv("CUOTAS_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/vectors/%s.json", shared ? shared : "../shared", file);
    FILE *in = fopen(path, "rb");
    if (!in) {
        fprintf(stderr, "skipped: no shared vectors at %s (set CUOTAS_SHARED)\n", path);
        skip();
    }
    static char text[4 * 1024 * 1024];
    const size_t size = fread(text, 1, sizeof text - 1, in);
    fclose(in);
    text[size] = '\0';
    cJSON *document = cJSON_Parse(text);
    assert_non_null(document);
    cJSON *cases = cJSON_DetachItemFromObjectCaseSensitive(document, "cases");
    cJSON_Delete(document);
    assert_non_null(cases);
    return cases;
}

static inline const cJSON *at(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static inline const char *text_at(const cJSON *object, const char *name)
{
    const cJSON *item = at(object, name);
    return item && cJSON_IsString(item) ? item->valuestring : "";
}

static inline int64_t int_at(const cJSON *object, const char *name)
{
    const cJSON *item = at(object, name);
    return item && cJSON_IsNumber(item) ? (int64_t)item->valuedouble : 0;
}

/* A number, or a decimal or a quotient written as text: 365, "365.25", "0.075/12". */
static inline long double real_at(const cJSON *object, const char *name)
{
    const cJSON *item = at(object, name);
    if (!item || cJSON_IsNumber(item))
        return item ? (long double)item->valuedouble : 0;
    char *rest;
    const long double value = strtold(item->valuestring, &rest);
    return *rest == '/' ? value / strtold(rest + 1, NULL) : value;
}

static inline int32_t date_at(const cJSON *object, const char *name)
{
    int32_t date = 0;
    assert_true(date_parse(slice_from_text(text_at(object, name)), &date));
    return date;
}

static inline bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

#endif
