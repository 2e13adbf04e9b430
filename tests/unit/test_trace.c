/* links: forwarder/trace.o forwarder/retry_after.o */
#include "unit.h"

#include "forwarder/trace.h"

#define NOON_S ((int64_t)1769774400) /* Fri, 30 Jan 2026 12:00:00 GMT */

static const struct {
	const char *when;
	struct http_trace trace;
	int status;
	bool tls, proxy;
	enum trace_stage want;
} stages[] = {
	{ "an answer", { .connected_s = 1 }, 401, true, false, TRACE_DONE },
	{ "an answer whose body broke", { .failure = HTTP_OTHER }, 200, true, false,
		TRACE_DONE },
	{ "no name", { .failure = HTTP_NO_NAME }, 0, true, false, TRACE_LOOKUP },
	{ "no proxy's name", { .failure = HTTP_NO_PROXY_NAME }, 0, true, true,
		TRACE_LOOKUP },
	{ "a name server that is silent", { .failure = HTTP_OTHER }, 0, true, false,
		TRACE_LOOKUP },
	{ "refused", { .failure = HTTP_OTHER, .looked_up_s = 1 }, 0, true, false,
		TRACE_CONNECT },
	{ "a proxy that refuses",
		{ .failure = HTTP_OTHER, .looked_up_s = 1, .connected_s = 2 }, 0, true,
		true, TRACE_PROXY },
	{ "a proxy, no TLS",
		{ .failure = HTTP_OTHER, .looked_up_s = 1, .connected_s = 2 }, 0, false,
		true, TRACE_ANSWER },
	{ "a bad certificate",
		{ .failure = HTTP_BAD_TLS, .looked_up_s = 1, .connected_s = 2 }, 0, true,
		false, TRACE_TLS },
	{ "a bad certificate through a proxy",
		{ .failure = HTTP_BAD_TLS, .looked_up_s = 1, .connected_s = 2 }, 0, true,
		true, TRACE_TLS },
	{ "silence in the handshake",
		{ .failure = HTTP_OTHER, .looked_up_s = 1, .connected_s = 2 }, 0, true,
		false, TRACE_TLS },
	{ "silence in the handshake, as libcurl tells it",
		{ .failure = HTTP_OTHER, .looked_up_s = 1, .address = "::1" }, 0, true,
		false, TRACE_TLS },
	{ "no answer",
		{ .failure = HTTP_OTHER,
			.looked_up_s = 1,
			.connected_s = 2,
			.tls_s = 3,
			.sent_s = 3 },
		0, true, false, TRACE_ANSWER },
};

static void where_a_request_ended_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(stages); i++)
		check(stages[i].when,
			trace_stage(&stages[i].trace, stages[i].status, stages[i].tls,
				stages[i].proxy) == stages[i].want);
}

static void what_is_wrong_with_a_certificate_is_known(void **state)
{
	static const struct {
		const char *text;
		struct http_trace trace;
		enum trace_fault want;
	} cases[] = {
		{ "", { 0 }, TRACE_NO_FAULT },
		{ "x", { HTTP_BAD_TLS, .verify = 10 }, TRACE_EXPIRED },
		{ "x", { HTTP_BAD_TLS, .verify = 9 }, TRACE_NOT_YET_VALID },
		{ "x", { HTTP_BAD_TLS, .verify = 2 }, TRACE_UNKNOWN_ISSUER },
		{ "x", { HTTP_BAD_TLS, .verify = 18 }, TRACE_UNKNOWN_ISSUER },
		{ "x", { HTTP_BAD_TLS, .verify = 19 }, TRACE_UNKNOWN_ISSUER },
		{ "x", { HTTP_BAD_TLS, .verify = 20 }, TRACE_UNKNOWN_ISSUER },
		{ "x", { HTTP_BAD_TLS, .verify = 21 }, TRACE_UNKNOWN_ISSUER },
		{ "x", { HTTP_BAD_TLS, .verify = 62 }, TRACE_OTHER_NAME },
		{ "SSL: no alternative certificate subject name matches target host name "
		  "'x'",
			{ HTTP_BAD_TLS }, TRACE_OTHER_NAME },
		{ "wrong version number", { HTTP_BAD_TLS }, TRACE_NO_TLS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check(cases[i].text,
			trace_fault(&cases[i].trace, cases[i].text) == cases[i].want);
}

static void a_certificates_end_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} cases[] = {
		{ "Jan 30 12:00:00 2026 GMT", NOON_S },
		{ "Jan  3 12:00:00 2026 GMT", NOON_S - 27 * 86400 },
		{ "Jan 30 12:00:00 2026", NOON_S },
		{ "Jan 30 12:00:00 2026 CET", -1 },
		{ "", -1 },
		{ "soon", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_trace trace = { 0 };

		strcpy(trace.expires, cases[i].text);
		check(cases[i].text, trace_expiry_s(&trace) == cases[i].want);
	}
}

static void a_clock_is_wrong_only_beyond_what_the_way_explains(void **state)
{
	/* Sent 1 s after the start, answered 3 s after it, ended 4 s after it. */
	static const struct {
		double start_s; /* after Date */
		double want_s;
	} cases[] = {
		{ 0, 0 }, { -1, 0 }, { -3, 0 }, /* written as it was sent off */
		{ -13, -10 },
		{ 10, 10 }, /* 11 s when it was sent, of which Date explains one */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_trace trace = { .sent_s = 1,
			.answered_s = 3,
			.ended_s = 4,
			.wall_ended_us = (NOON_S + 4) * 1000000 +
					 (int64_t)(cases[i].start_s * 1e6),
			.date = "Fri, 30 Jan 2026 12:00:00 GMT" };
		double skew_s = 99;

		check("it has a Date", trace_skew_s(&trace, &skew_s));
		if (skew_s < cases[i].want_s - 1e-6 || skew_s > cases[i].want_s + 1e-6)
			fail_msg("%g: %g instead of %g", cases[i].start_s, skew_s,
				cases[i].want_s);
		strcpy(trace.date, "yesterday");
		check("no Date", !trace_skew_s(&trace, &skew_s));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_a_request_ended_is_known),
		cmocka_unit_test(what_is_wrong_with_a_certificate_is_known),
		cmocka_unit_test(a_certificates_end_is_read),
		cmocka_unit_test(a_clock_is_wrong_only_beyond_what_the_way_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
