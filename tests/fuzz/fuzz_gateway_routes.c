/* Fuzz target of http/router over the public contract: "METHOD target". What matches must have the segments its template has, none of them empty, dots or
 * a slash in disguise; nothing internal is ever matched; a path found with other methods is found with exactly those. Also the path as it is logged. */
#include "fuzz.h"

#include "gen/gateway/upstreams.h"
#include "http/route.h"
#include "wire/uri.h"

static void check_template(struct slice path, const char *template, const struct slice *args)
{
    struct slice rest = path, pattern = slice_from_text(template);
    size_t used = 0;
    while (!slice_is_none(pattern)) {
        CHECK(!slice_is_none(rest));
        struct slice wanted = slice_cut(pattern, '/', &pattern), segment = slice_cut(rest, '/', &rest);
        if (wanted.size == 0 || wanted.data[0] != '{') {
            CHECK(slice_equals(wanted, segment));
            continue;
        }
        CHECK(slice_equals(segment, args[used]) && segment.size > 0 && !slice_equals_text(segment, "..") && !slice_equals_text(segment, "."));
        used++;
    }
    CHECK(slice_is_none(rest));
}

static void check_log(struct arena *arena, struct slice path)
{
    struct request *rq = ARENA_NEW(arena, struct request);
    *rq = (struct request){ .work = { .arena = arena }, .path = path };
    struct slice shown = request_path_to_log(rq), rest = shown;
    CHECK(shown.size <= path.size);
    while (!slice_is_none(rest))
        CHECK(slice_cut(rest, '/', &rest).size <= 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct router *router;
    if (!router)
        router = router_new(upstream_routes, upstream_route_count);
    struct arena *arena = arena_new();
    struct slice target, args[PATH_ARGS_MAX], query, text = slice_of((const char *)data, size);
    struct slice name = slice_cut(text, ' ', &target), path = slice_cut(slice_is_none(target) ? SLICE("") : target, '?', &query);
    for (enum http_method method = HTTP_GET; method < HTTP_METHODS; method++) {
        unsigned allowed = 0;
        const struct route *route = router_match(router, method, path, args, &allowed);
        CHECK(!route || (uri_path_valid(path) && (allowed & 1u << route->method)));
        CHECK((route != NULL) == ((allowed & 1u << method) != 0));
        if (route && slice_equals_text(name, http_method_name(method))) {
            check_template(path, route->path, args);
            CHECK(!slice_starts_with(path, SLICE("/internal")));
        }
        (void)route_allow(arena, allowed);
    }
    check_log(arena, path);
    arena_free(arena);
    return 0;
}
