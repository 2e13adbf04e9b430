#include "trace.h"

#include <string.h>
#include <time.h>

#include "retry_after.h"

/* X509_STORE_CTX_get_error(3) */
enum {
	NO_ISSUER = 2,
	NOT_YET_VALID = 9,
	EXPIRED = 10,
	SELF_SIGNED = 18,
	SELF_SIGNED_IN_CHAIN = 19,
	NO_ISSUER_HERE = 20,
	NO_ISSUER_OF_LEAF = 21,
	OTHER_HOST = 62,
	OTHER_ADDRESS = 64
};

enum trace_stage trace_stage(
	const struct http_trace *trace, int status, bool tls, bool proxy)
{
	if (status > 0)
		return TRACE_DONE;
	if (trace->failure == HTTP_NO_NAME || trace->failure == HTTP_NO_PROXY_NAME)
		return TRACE_LOOKUP;
	if (trace->failure == HTTP_BAD_TLS)
		return TRACE_TLS;
	/* Within a handshake libcurl has the address, but no time yet. */
	if (trace->connected_s <= 0 && !*trace->address)
		return trace->looked_up_s > 0 ? TRACE_CONNECT : TRACE_LOOKUP;
	if (tls && trace->tls_s <= 0)
		return proxy ? TRACE_PROXY : TRACE_TLS;
	return TRACE_ANSWER;
}

enum trace_fault trace_fault(const struct http_trace *trace, const char *text)
{
	switch (trace->verify) {
	case EXPIRED:
		return TRACE_EXPIRED;
	case NOT_YET_VALID:
		return TRACE_NOT_YET_VALID;
	case NO_ISSUER:
	case SELF_SIGNED:
	case SELF_SIGNED_IN_CHAIN:
	case NO_ISSUER_HERE:
	case NO_ISSUER_OF_LEAF:
		return TRACE_UNKNOWN_ISSUER;
	case OTHER_HOST:
	case OTHER_ADDRESS:
		return TRACE_OTHER_NAME;
	default:
		break;
	}
	/* libcurl compares names itself, after OpenSSL was content. */
	if (strstr(text, "subject name") || strstr(text, "common name"))
		return TRACE_OTHER_NAME;
	return trace->failure == HTTP_BAD_TLS ? TRACE_NO_TLS : TRACE_NO_FAULT;
}

int64_t trace_expiry_s(const struct http_trace *trace)
{
	struct tm tm = { 0 };
	const char *end = strptime(trace->expires, "%b %d %H:%M:%S %Y", &tm);

	return end && (*end == '\0' || strcmp(end, " GMT") == 0) ? (int64_t)timegm(&tm)
								 : -1;
}

bool trace_skew_s(const struct http_trace *trace, double *ret_s)
{
	int64_t date_s = http_date_parse(trace->date);
	double start_s = (double)trace->wall_ended_us / 1e6 - trace->ended_s;
	double ahead_s = start_s + trace->sent_s - (double)(date_s + 1);
	double behind_s = start_s + trace->answered_s - (double)date_s;

	if (date_s < 0)
		return false;
	*ret_s = ahead_s > 0 ? ahead_s : (behind_s < 0 ? behind_s : 0);
	return true;
}
