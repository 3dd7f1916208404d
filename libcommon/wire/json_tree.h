/* Inside wire/: the tree that the gate builds while it checks. Nodes are cJSON's struct, with next, child, type, string, valuestring and
 * valuedouble filled; everything lives in the arena. What comes here has been checked: no text is looked at twice. */
#ifndef CUOTAS_WIRE_JSON_TREE_H
#define CUOTAS_WIRE_JSON_TREE_H

#include "base/limits.h"
#include "wire/json.h"

struct json_tree {
    struct arena *arena;
    cJSON *root;
    cJSON **end[JSON_DEPTH_MAX + 1];   /* by depth: where the next value goes */
    int depth;
    char *name;                        /* of the next value */
};

void json_tree_start(struct json_tree *tree, struct arena *arena);
/* `raw`: what stands between the quotes. */
void json_tree_name(struct json_tree *tree, struct slice raw);
void json_tree_string(struct json_tree *tree, struct slice raw);
void json_tree_number(struct json_tree *tree, double value);
/* cJSON_True, cJSON_False or cJSON_NULL. */
void json_tree_literal(struct json_tree *tree, int type);
void json_tree_open(struct json_tree *tree, int type);
void json_tree_close(struct json_tree *tree);

/* The gate: json_check, building a tree when there is one to build. */
bool json_read(struct slice text, struct json_tree *tree, const char **why, size_t *offset);

#endif
