/* Names of results, for logs and metrics. */
#include "base/result.h"

const char *result_name(enum result result)
{
    switch (result) {
    case RESULT_OK: return "ok";
    case RESULT_CLOSED: return "closed";
    case RESULT_TIMEOUT: return "timeout";
    case RESULT_CANCELLED: return "cancelled";
    case RESULT_TOO_LARGE: return "too_large";
    case RESULT_MALFORMED: return "malformed";
    case RESULT_BUSY: return "busy";
    case RESULT_REFUSED: return "refused";
    case RESULT_FAILED: return "failed";
    }
    return "unknown";
}
