/* The router: templates compiled once into a tree of segments, matched without allocation or recursion.
 *
 * At each segment a literal child is tried before the parameter; where a literal way ends nowhere, matching goes back to the
 * latest parameter passed by. So at most one alternative is open per level. Paths that could mean something else to another
 * reader (escaped slashes, dot segments, empty segments: uri_path_valid) match nothing.
 * Owns its nodes; routes and their texts belong to the caller and outlive it. Suspends nowhere. */
#include "http/route.h"

#include "base/memory.h"
#include "wire/uri.h"

#include <assert.h>
#include <stdlib.h>

#define ROUTE_SEGMENTS_MAX 16

struct node {
    struct slice literal;           /* unused in a parameter node */
    struct node *children;          /* literal ones */
    struct node *sibling;
    struct node *parameter;
    unsigned allowed;               /* bits 1 << method */
    const struct route *routes[HTTP_METHODS];
};

struct router {
    size_t node_count;
    struct node nodes[];            /* the first is the root */
};

static size_t segments_of(const char *path)
{
    size_t count = 0;
    for (const char *c = path; *c; c++)
        count += *c == '/';
    return count;
}

static struct node *node_new(struct router *router)
{
    return &router->nodes[router->node_count++];
}

/* The child a template's segment leads to, made when it is the first one there. */
static struct node *child_for(struct router *router, struct node *parent, struct slice segment)
{
    if (segment.size > 0 && segment.data[0] == '{') {
        assert(segment.data[segment.size - 1] == '}');
        if (!parent->parameter)
            parent->parameter = node_new(router);
        return parent->parameter;
    }
    assert(segment.size > 0 && !memchr(segment.data, '{', segment.size));
    for (struct node *child = parent->children; child; child = child->sibling)
        if (slice_equals(child->literal, segment))
            return child;
    struct node *child = node_new(router);
    child->literal = segment;
    child->sibling = parent->children;
    parent->children = child;
    return child;
}

static void add_route(struct router *router, const struct route *route)
{
    struct node *node = &router->nodes[0];
    assert(route->path && route->path[0] == '/');
    size_t parameters = 0;
    struct slice rest = slice_from_text(route->path + 1);
    if (rest.size == 0)
        rest = SLICE_NONE;   /* "/" itself is the root */
    while (!slice_is_none(rest)) {
        struct slice segment = slice_cut(rest, '/', &rest);
        node = child_for(router, node, segment);
        parameters += segment.data[0] == '{';
    }
    assert(parameters <= PATH_ARGS_MAX && segments_of(route->path) <= ROUTE_SEGMENTS_MAX);
    assert(!node->routes[route->method] && "two routes of one method and path");
    node->routes[route->method] = route;
    node->allowed |= 1u << route->method;
}

struct router *router_new(const struct route *routes, size_t count)
{
    size_t segments = 1;
    for (size_t i = 0; i < count; i++)
        segments += segments_of(routes[i].path);
    struct router *router = memory_new(sizeof *router + segments * sizeof(struct node));
    node_new(router);
    for (size_t i = 0; i < count; i++)
        add_route(router, &routes[i]);
    for (size_t i = 0; i < router->node_count; i++)   /* who can GET can HEAD */
        if (router->nodes[i].allowed & 1u << HTTP_GET)
            router->nodes[i].allowed |= 1u << HTTP_HEAD;
    return router;
}

void router_free(struct router *router)
{
    memory_free(router);
}

/* A way through the tree so far. */
struct place {
    const struct node *node;
    struct slice rest;   /* segments to come; none: the path ends here */
    size_t args;
};

static const struct node *literal_child(const struct node *node, struct slice segment)
{
    for (const struct node *child = node->children; child; child = child->sibling)
        if (slice_equals(child->literal, segment))
            return child;
    return NULL;
}

static const struct node *find(const struct router *router, struct slice rest, struct slice args[PATH_ARGS_MAX])
{
    struct place open[ROUTE_SEGMENTS_MAX + 1];
    size_t open_count = 0;
    struct place at = { &router->nodes[0], rest, 0 };
    for (;;) {
        if (slice_is_none(at.rest) && at.node->allowed)
            return at.node;
        const struct node *literal = NULL, *parameter = NULL;
        struct slice segment = SLICE_NONE, after = SLICE_NONE;
        if (!slice_is_none(at.rest)) {
            segment = slice_cut(at.rest, '/', &after);
            literal = literal_child(at.node, segment);
            parameter = at.node->parameter;
        }
        if (literal) {
            if (parameter)
                open[open_count++] = at;
            at = (struct place){ literal, after, at.args };
            continue;
        }
        if (!parameter) {
            if (open_count == 0)
                return NULL;
            at = open[--open_count];
            segment = slice_cut(at.rest, '/', &after);
            parameter = at.node->parameter;
        }
        args[at.args] = segment;
        at = (struct place){ parameter, after, at.args + 1 };
    }
}

const struct route *router_match(const struct router *router, enum http_method method, struct slice path,
                                 struct slice args[PATH_ARGS_MAX], unsigned *allowed)
{
    *allowed = 0;
    if (!uri_path_valid(path))
        return NULL;
    struct slice rest = path.size > 1 ? slice_of(path.data + 1, path.size - 1) : SLICE_NONE;
    const struct node *node = find(router, rest, args);
    if (!node)
        return NULL;
    *allowed = node->allowed;
    const struct route *route = node->routes[method];
    return route || method != HTTP_HEAD ? route : node->routes[HTTP_GET];
}

struct slice route_allow(struct arena *arena, unsigned allowed)
{
    struct slice out = SLICE("");
    for (int method = 0; method < HTTP_METHODS; method++)
        if (allowed & 1u << method)
            out = arena_printf(arena, "%.*s%s%s", SLICE_FMT(out), out.size ? ", " : "",
                               http_method_name((enum http_method)method));
    return out;
}
