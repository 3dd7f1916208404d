/* Configuration from the environment: every read records what is wrong, config_check reports all of it at once.
 * Values of secrets are copied out of the environment and the variable is removed, so that a child process or a
 * dump of the environment does not show them. */
#include "service/config.h"

#include "base/log.h"
#include "base/memory.h"
#include "http/upstream.h"

#include <stdio.h>
#include <stdlib.h>

#define CONFIG_PROBLEMS_MAX 32
#define CONFIG_SECRETS_MAX 16
#define SECRET_FILE_BYTES_MAX 2048
#define EX_CONFIG_STATUS 78

static char problems[CONFIG_PROBLEMS_MAX][160];
static size_t problem_count;
static struct {
    const char *name;
    char *value;
} secrets[CONFIG_SECRETS_MAX];
static size_t secret_count;

void config_problem(const char *name, const char *what)
{
    if (problem_count < CONFIG_PROBLEMS_MAX) {
        snprintf(problems[problem_count], sizeof problems[0], "%s %s", name, what);
        problem_count++;
    }
}

const char *config_text(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value) {
        config_problem(name, "is required");
        return "";
    }
    return value;
}

const char *config_text_or(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value && *value ? value : fallback;
}

int64_t config_int_or(const char *name, int64_t fallback, int64_t minimum, int64_t maximum)
{
    const char *value = getenv(name);
    int64_t number = fallback;
    if (!value || !*value)
        return fallback;
    if (!slice_to_int64(slice_from_text(value), &number) || number < minimum || number > maximum) {
        char what[96];
        snprintf(what, sizeof what, "must be a whole number from %lld to %lld", (long long)minimum, (long long)maximum);
        config_problem(name, what);
        return fallback;
    }
    return number;
}

bool config_flag(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value || strcmp(value, "off") == 0)
        return false;
    if (strcmp(value, "on") != 0)
        config_problem(name, "must be on or off");
    return strcmp(value, "on") == 0;
}

const char *config_base_url(const char *name)
{
    const char *value = config_text(name);
    if (*value && !upstream_url_valid(value))
        config_problem(name, "must be http://host:port or unix:/path, nothing more");
    return value;
}

static char *secret_known(const char *name)
{
    for (size_t i = 0; i < secret_count; i++)
        if (strcmp(secrets[i].name, name) == 0)
            return secrets[i].value;
    return NULL;
}

static const char *file_of(const char *name)
{
    char variable[64];
    snprintf(variable, sizeof variable, "%s_FILE", name);
    const char *path = getenv(variable);
    return path && *path ? path : NULL;
}

/* A file's text in `room`, without the line break at its end; NULL when there is none. */
static char *read_file(const char *path, char *room, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t got = file ? fread(room, 1, size - 1, file) : 0;
    if (file)
        fclose(file);
    while (got > 0 && (room[got - 1] == '\n' || room[got - 1] == '\r'))
        got--;
    room[got] = '\0';
    return got > 0 ? room : NULL;
}

bool config_given(const char *name)
{
    const char *value = getenv(name);
    return secret_known(name) || (value && *value) || file_of(name);
}

struct slice config_secret(const char *name, size_t minimum)
{
    char room[SECRET_FILE_BYTES_MAX];
    const char *known = secret_known(name);
    if (known)
        return slice_from_text(known);
    char *value = getenv(name);
    const char *path = value && *value ? NULL : file_of(name);
    if (path)
        value = read_file(path, room, sizeof room);
    if (!value || strlen(value) < minimum) {
        char what[64];
        snprintf(what, sizeof what, "is required, at least %zu bytes", minimum);
        config_problem(name, what);
        return SLICE("");
    }
    if (secret_count == CONFIG_SECRETS_MAX)
        abort();
    char *copy = memory_text(value);
    secrets[secret_count].name = name;
    secrets[secret_count++].value = copy;
    explicit_bzero(value, strlen(value));   /* unsetenv only forgets where it is; /proc/<pid>/environ would show it on */
    unsetenv(name);
    return slice_from_text(copy);
}

void config_check(void)
{
    if (problem_count == 0)
        return;
    for (size_t i = 0; i < problem_count; i++)
        log_error("configuration", LOG_TEXT("problem", problems[i]));
    log_flush();
    exit(EX_CONFIG_STATUS);
}

void config_close(void)
{
    for (size_t i = 0; i < secret_count; i++)
        memory_free(secrets[i].value);
    secret_count = 0;
}
