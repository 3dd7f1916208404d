/* Signatures of webhooks, of two schemes. Stripe's: `Stripe-Signature: t=<unix s>,v1=<hex>[,v1=...]`, HMAC-SHA256 under the secret's own
 * text ("whsec_..." included) over "<t>.<raw body>" (docs.stripe.com/webhooks#verify-manually). */
#ifndef CUOTAS_WIRE_SIGNATURE_H
#define CUOTAS_WIRE_SIGNATURE_H

#include "base/arena.h"

#define SIGNATURE_TOLERANCE_S 300
#define SIGNATURES_MAX 8          /* v1 values in one header; more are refused */

enum signature_verdict { SIGNATURE_OK, SIGNATURE_MALFORMED, SIGNATURE_STALE, SIGNATURE_MISMATCH };

/* The header's value. */
struct slice stripe_signature_make(struct arena *arena, struct slice secret, int64_t time_s, struct slice body);
/* OK when any v1 matches under any of the secrets (during a rotation there are two) and |now - t| <= tolerance: Stripe's own
 * clients let the future pass, we do not. SIGNATURE_STALE is only told to whoever signed rightly. */
enum signature_verdict stripe_signature_verify(struct slice header, struct slice body, const struct slice *secrets, size_t count,
                                               int64_t now_s, int64_t tolerance_s);

/* Mercado Pago's scheme: `x-signature: ts=<unix s, or ms>,v1=<hex>`, HMAC-SHA256 over "id:<id>;request-id:<request id>;ts:<ts>;", a part that is none left
 * out. The body is not signed: it only names what the provider is then asked for (mercadopago.com/developers, "Webhooks"). */
struct slice mercadopago_signature_make(struct arena *arena, struct slice secret, struct slice time, struct slice id, struct slice request_id);
/* As stripe_signature_verify. id: of the query's data.id, as it came or in small letters: both have been signed. */
enum signature_verdict mercadopago_signature_verify(struct slice header, struct slice id, struct slice request_id, const struct slice *secrets, size_t count,
                                                    int64_t now_s, int64_t tolerance_s);

#endif
