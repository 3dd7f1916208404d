"""gen/problems.h and .c: every problem code of every contract, and which database constraint stands for which."""
from emit import BANNER, c_string, header


def problems_header(contracts):
    lines = ['#include "base/problem.h"', ""]
    for code, (status, title, _) in sorted(contracts.problems.items()):
        lines.append(f"extern const struct problem PROBLEM_{code};   /* {status} {title.replace('*/', '* /')} */")
    return header("problems.h", "\n".join(lines) + "\n")


def problems_source(contracts):
    codes = sorted(contracts.problems.items())
    out = [BANNER + '#include "gen/problems.h"', "", "#include <stdlib.h>", "#include <string.h>", ""]
    for code, (status, title, _) in codes:
        out.append(f"const struct problem PROBLEM_{code} = {{ {c_string(code)}, {status}, {c_string(title)} }};")
    out += ["", "/* Sorted by code, for bsearch. */", "static const struct problem *const problems[] = {"]
    out += [f"    &PROBLEM_{code}," for code, _ in codes] + ["};", ""]
    out += ["struct constraint {", "    const char *name;", "    const struct problem *problem;", "};", "",
            "/* Sorted by name. */", "static const struct constraint constraints[] = {"]
    known = [(n, c) for n, (c, _) in sorted(contracts.constraints.items()) if c in contracts.problems]
    out += [f"    {{ {c_string(name)}, &PROBLEM_{code} }}," for name, code in known]
    out += ["    { NULL, NULL },", "};", "", FUNCTIONS]
    return "\n".join(out)


FUNCTIONS = """static int compare(struct slice key, const char *name)
{
    size_t size = strlen(name);
    int order = memcmp(key.data, name, key.size < size ? key.size : size);
    return order ? order : (key.size > size) - (key.size < size);
}

static int compare_problem(const void *key, const void *entry)
{
    return compare(*(const struct slice *)key, (*(const struct problem *const *)entry)->code);
}

static int compare_constraint(const void *key, const void *entry)
{
    return compare(*(const struct slice *)key, ((const struct constraint *)entry)->name);
}

const struct problem *problem_find(struct slice code)
{
    if (slice_is_none(code))
        return NULL;
    const struct problem *const *found =
        bsearch(&code, problems, sizeof(problems) / sizeof(problems[0]), sizeof(problems[0]), compare_problem);
    return found ? *found : NULL;
}

const struct problem *problem_for_constraint(struct slice constraint)
{
    if (slice_is_none(constraint))
        return NULL;
    const struct constraint *found =
        bsearch(&constraint, constraints, sizeof(constraints) / sizeof(constraints[0]) - 1, sizeof(constraints[0]), compare_constraint);
    return found ? found->problem : NULL;
}
"""
