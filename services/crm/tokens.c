/* See tokens.h. Token times are real time: a test clock moved by months must not log everybody out. */
#include "tokens.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/uuid.h"
#include "service/config.h"
#include "wire/base64.h"
#include "wire/json_write.h"
#include "wire/jwt.h"
#include "wire/sha256.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCESS_LIFE_S 900
#define KEY_FILE_MAX (64 * 1024)
#define REFRESH_BYTES 32
#define AUDIENCE "cuotas"

static struct jwt_key *keys[JWT_KEYS_MAX];
static size_t key_count;
static struct slice issuer;

static size_t read_keys(const char *path)
{
    static char pem[KEY_FILE_MAX];
    FILE *file = *path ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    size_t size = fread(pem, 1, sizeof pem, file);
    fclose(file);
    size_t count = jwt_keys_from_pem(slice_of(pem, size), keys);
    explicit_bzero(pem, sizeof pem);
    return count;
}

void tokens_configure(void)
{
    issuer = slice_from_text(config_text("TOKEN_ISSUER"));
    const char *path = config_text("AUTH_KEY_FILE");
    key_count = read_keys(path);
    if (*path && key_count == 0) {
        log_error("configuration", LOG_TEXT("problem", "AUTH_KEY_FILE has no readable P-256 private key"));
        log_flush();
        exit(78);
    }
}

void tokens_close(void)
{
    while (key_count > 0)
        jwt_key_free(keys[--key_count]);
}

struct slice tokens_jwks(struct arena *arena)
{
    return jwt_jwks_write(arena, keys, key_count);
}

struct slice refresh_digest(struct arena *arena, struct slice token)
{
    return sha256_hex(arena, token);
}

struct refresh_secret refresh_secret_new(struct arena *arena)
{
    unsigned char bytes[REFRESH_BYTES];
    random_bytes(bytes, sizeof bytes);
    struct slice token = base64url_encode(arena, slice_of((const char *)bytes, sizeof bytes));
    return (struct refresh_secret){ .token = token, .digest = refresh_digest(arena, token) };
}

struct reply tokens_reply(struct request *rq, struct slice subject, struct slice kind, struct slice scopes, struct slice refresh_token)
{
    struct arena *arena = rq->work.arena;
    int64_t now_s = clock_wall_us() / 1000000;
    bool customer = slice_equals_text(kind, "customer");
    struct jwt_claims claims = {
        .issuer = issuer, .subject = subject, .audience = SLICE(AUDIENCE), .client_id = customer ? SLICE("shop") : SLICE("backoffice"),
        .id = uuid_new(arena), .scope = scopes, .issued_at_s = now_s, .expires_at_s = now_s + ACCESS_LIFE_S,
    };
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "access_token", jwt_sign(arena, keys[0], &claims));
    json_put_text(&out, "refresh_token", refresh_token);
    json_put_text(&out, "token_type", SLICE("Bearer"));
    json_put_int(&out, "expires_in", ACCESS_LIFE_S);
    json_put_text(&out, "scope", scopes);
    json_put_text(&out, "customer_id", customer ? subject : SLICE_NONE);
    json_end(&out, '}');
    struct reply reply = reply_ok(rq, json_done(&out));
    reply_header(rq, &reply, "Cache-Control", SLICE("no-store"));
    return reply;
}
