/*
 * What a traced request (http.h) tells a person: where it ended and why. Pure.
 */
#ifndef FORWARDER_TRACE_H
#define FORWARDER_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "http.h"

/* Where a request without an answer ended. */
enum trace_stage {
	TRACE_LOOKUP,
	TRACE_CONNECT,
	TRACE_PROXY, /* connected to it, but not through it */
	TRACE_TLS,
	TRACE_ANSWER, /* sent, and no whole header came back */
	TRACE_DONE
};

enum trace_fault {
	TRACE_NO_FAULT,
	TRACE_EXPIRED,
	TRACE_NOT_YET_VALID,
	TRACE_UNKNOWN_ISSUER,
	TRACE_OTHER_NAME,
	TRACE_NO_TLS /* something else than the certificate */
};

/* status: of the answer, 0 when none came. */
enum trace_stage trace_stage(
	const struct http_trace *trace, int status, bool tls, bool proxy);

/* What is wrong with the certificate. text: libcurl's message. */
enum trace_fault trace_fault(const struct http_trace *trace, const char *text);

/* When the certificate expires, in seconds since the epoch; -1 when it is not known. */
int64_t trace_expiry_s(const struct http_trace *trace);

/*
 * By how many seconds at least our clock is ahead of the answer's Date (negative: behind). Date has
 * whole seconds and was written at some time between the request and the answer: what that explains
 * does not count. False: the answer has no Date.
 */
bool trace_skew_s(const struct http_trace *trace, double *ret_s);

#endif
