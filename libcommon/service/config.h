/* Configuration from the environment. All of it is read at start; every missing or malformed value is reported, then the
 * process exits 78 (EX_CONFIG). Secrets are never printed. */
#ifndef CUOTAS_SERVICE_CONFIG_H
#define CUOTAS_SERVICE_CONFIG_H

#include "base/slice.h"

const char *config_text(const char *name);                            /* required */
const char *config_text_or(const char *name, const char *fallback);
int64_t config_int_or(const char *name, int64_t fallback, int64_t minimum, int64_t maximum);
bool config_flag(const char *name);                                   /* "on" / "off" / unset */
const char *config_base_url(const char *name);                        /* required: a service of ours, for upstream_for */
/* Records what is wrong with a value the caller has judged itself. */
void config_problem(const char *name, const char *what);
bool config_given(const char *name);                                  /* it has a value, or, of a secret, a file has */
/* A secret: required, at least `minimum` bytes; kept out of logs and of /proc's environment copy where possible. Where `name` is not set, <name>_FILE
 * is the path of a file that holds it (Docker's and Kubernetes' secrets); a line break at its end is not part of it. */
struct slice config_secret(const char *name, size_t minimum);
/* Exits with the list of problems if there were any. Call once after all reads. */
void config_check(void);
/* Frees the copies of secrets, last of all. */
void config_close(void);

#endif
