/*
 * Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date. Pure.
 */
#ifndef FORWARDER_RETRY_AFTER_H
#define FORWARDER_RETRY_AFTER_H

#include <stdint.h>

#define RETRY_AFTER_MIN_S 1.0
#define RETRY_AFTER_MAX_S 3600.0

/*
 * The wait that value asks for, bounded to RETRY_AFTER_MIN_S … RETRY_AFTER_MAX_S; -1 when it is
 * empty or senseless. A date counts from the answer's own Date, so that clocks need not agree;
 * without one, from wall_s (seconds since the epoch).
 */
double retry_after_s(const char *value, const char *date, int64_t wall_s);

/* An HTTP date in any of its three forms (RFC 9110, 5.6.7) as seconds since the epoch, -1: none. */
int64_t http_date_parse(const char *text);

#endif
