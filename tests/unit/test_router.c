/* The router: literals before parameters, going back, methods, and paths that must mean nothing. */
#include "http/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct route routes[] = {
    { .method = HTTP_GET, .path = "/", .operation = "root" },
    { .method = HTTP_GET, .path = "/v1/products", .operation = "list_products" },
    { .method = HTTP_GET, .path = "/v1/products/{id}", .operation = "get_product" },
    { .method = HTTP_PATCH, .path = "/v1/products/{id}", .operation = "patch_product" },
    { .method = HTTP_POST, .path = "/v1/products/import", .operation = "import_products" },
    { .method = HTTP_GET, .path = "/v1/products/{id}/offers", .operation = "list_offers" },
    { .method = HTTP_GET, .path = "/v1/{kind}/import/{id}", .operation = "import_state" },
    { .method = HTTP_POST, .path = "/v1/a/{x}/b/{y}/c/{z}", .operation = "three" },
    { .method = HTTP_GET, .path = "/v1/a/{x}/b/{y}/{z}/{w}", .operation = "four" },
};

struct expectation {
    enum http_method method;
    const char *path, *operation;   /* NULL: none */
    unsigned allowed;
    const char *args[PATH_ARGS_MAX];
};

#define GET_HEAD (1u << HTTP_GET | 1u << HTTP_HEAD)

static void check(const struct router *router, const struct expectation *e)
{
    struct slice args[PATH_ARGS_MAX] = { 0 };
    unsigned allowed = 99;
    const struct route *route = router_match(router, e->method, slice_from_text(e->path), args, &allowed);
    if ((route != NULL) != (e->operation != NULL) || (route && strcmp(route->operation, e->operation) != 0))
        fail_msg("%s %s gave %s", http_method_name(e->method), e->path, route ? route->operation : "nothing");
    if (allowed != e->allowed)
        fail_msg("%s %s allows %x", http_method_name(e->method), e->path, allowed);
    for (size_t i = 0; i < PATH_ARGS_MAX && e->args[i]; i++)
        if (!slice_equals(args[i], slice_from_text(e->args[i])))
            fail_msg("%s: argument %zu is \"%.*s\"", e->path, i, SLICE_FMT(args[i]));
}

static void matches(void **state)
{
    (void)state;
    static const struct expectation cases[] = {
        { HTTP_GET, "/", "root", GET_HEAD, { 0 } },
        { HTTP_GET, "/v1/products", "list_products", GET_HEAD, { 0 } },
        { HTTP_HEAD, "/v1/products", "list_products", GET_HEAD, { 0 } },
        { HTTP_POST, "/v1/products", NULL, GET_HEAD, { 0 } },
        { HTTP_GET, "/v1/products/7", "get_product", GET_HEAD | 1u << HTTP_PATCH, { "7" } },
        { HTTP_PATCH, "/v1/products/7", "patch_product", GET_HEAD | 1u << HTTP_PATCH, { "7" } },
        { HTTP_DELETE, "/v1/products/7", NULL, GET_HEAD | 1u << HTTP_PATCH, { 0 } },
        { HTTP_POST, "/v1/products/import", "import_products", 1u << HTTP_POST, { 0 } },
        { HTTP_GET, "/v1/products/import", NULL, 1u << HTTP_POST, { 0 } },
        { HTTP_GET, "/v1/products/imports", "get_product", GET_HEAD | 1u << HTTP_PATCH, { "imports" } },
        { HTTP_GET, "/v1/products/import/offers", "list_offers", GET_HEAD, { "import" } },
        { HTTP_GET, "/v1/products/a%20b/offers", "list_offers", GET_HEAD, { "a%20b" } },
        { HTTP_GET, "/v1/products/import/9", "import_state", GET_HEAD, { "products", "9" } },
        { HTTP_POST, "/v1/a/1/b/2/c/3", "three", 1u << HTTP_POST, { "1", "2", "3" } },
        { HTTP_GET, "/v1/a/1/b/2/c/3", NULL, 1u << HTTP_POST, { 0 } },
        { HTTP_GET, "/v1/a/1/b/2/d/3", "four", GET_HEAD, { "1", "2", "d", "3" } },
        { HTTP_GET, "/v1", NULL, 0, { 0 } },
        { HTTP_GET, "/v1/a/1/b/2", NULL, 0, { 0 } },
        { HTTP_GET, "/v1/product", NULL, 0, { 0 } },
        { HTTP_GET, "/v1/products/7/offers/8", NULL, 0, { 0 } },
        { HTTP_GET, "/V1/products", NULL, 0, { 0 } },
    };
    struct router *router = router_new(routes, sizeof routes / sizeof *routes);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(router, &cases[i]);
    router_free(router);
}

static void ambiguous_paths_match_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "", "v1/products", "*", "//", "//v1/products", "/v1//products", "/v1/products/", "/v1/products//offers",
        "/v1/products/.", "/v1/products/..", "/v1/./products", "/v1/products/../products", "/v1/products/%2e%2E",
        "/v1/products/.%2e", "/v1/products/%2e", "/v1/products/a%2Fb", "/v1/products/a%2fb", "/v1/products/a%5Cb",
        "/v1/products/a\\b", "/v1/products/%00", "/v1/products/a%00b", "/v1/products/%", "/v1/products/%4", "/v1/products/%zz",
        "/v1/products/%0d%0aX", "/v1/products/%7f",
    };
    struct router *router = router_new(routes, sizeof routes / sizeof *routes);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        check(router, &(struct expectation){ HTTP_GET, paths[i], NULL, 0, { 0 } });
    router_free(router);
}

static void allow_names_the_methods(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_true(slice_equals(route_allow(arena, 1u << HTTP_POST), SLICE("POST")));
    assert_true(slice_equals(route_allow(arena, GET_HEAD | 1u << HTTP_DELETE), SLICE("GET, HEAD, DELETE")));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches),
        cmocka_unit_test(ambiguous_paths_match_nothing),
        cmocka_unit_test(allow_names_the_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
