/* links: forwarder/answer_head.o forwarder/retry_after.o */
#include "unit.h"

#include "forwarder/answer_head.h"

#define WALL_S 1795219200 /* 2026-11-21 00:00:00 UTC */

static const struct {
	const char *when;
	const char *lines; /* as received, the whole header */
	struct answer_head want;
} cases[] = {
	{ "a plain success", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		{ .complete = true, .status = 200, .retry_after_s = -1 } },
	{ "no end yet", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
		{ .status = 200, .retry_after_s = -1 } },
	{ "an interim answer first",
		"HTTP/1.1 103 Hints\r\nContent-Type: text/html\r\nRetry-After: 9\r\n\r\n"
		"HTTP/1.1 204 No\r\n\r\n",
		{ .complete = true, .status = 204, .retry_after_s = -1 } },
	{ "only an interim answer", "HTTP/1.1 100 Continue\r\n\r\n",
		{ .status = 100, .retry_after_s = -1 } },
	{ "a web page", "HTTP/1.1 200 OK\ncontent-TYPE:text/HTML; charset=utf-8\n\n",
		{ .complete = true, .status = 200, .html = true, .retry_after_s = -1 } },
	{ "almost a web page", "HTTP/1.1 200 OK\r\nContent-Type: text/html5\r\n\r\n",
		{ .complete = true, .status = 200, .retry_after_s = -1 } },
	{ "a trailer changes nothing",
		"HTTP/1.1 200 OK\r\n\r\nContent-Type: text/html\r\nRetry-After: 5\r\n",
		{ .complete = true, .status = 200, .retry_after_s = -1 } },
	{ "seconds", "HTTP/1.1 429 Slow\r\nRetry-After: 17 \r\n\r\n",
		{ .complete = true, .status = 429, .retry_after_s = 17 } },
	{ "told twice, the longest wins",
		"HTTP/1.1 503 x\r\nRetry-After: 40\r\nRetry-After: 3\r\n\r\n",
		{ .complete = true, .status = 503, .retry_after_s = 40 } },
	{ "told twice, once without sense",
		"HTTP/1.1 503 x\r\nRetry-After: -1\r\nRetry-After: 3\r\n\r\n",
		{ .complete = true, .status = 503, .retry_after_s = 3 } },
	{ "a date against the answer's own, whichever comes first",
		"HTTP/1.1 429 x\r\nRetry-After: Sat, 21 Nov 2026 10:00:30 GMT\r\n"
		"Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n\r\n",
		{ .complete = true, .status = 429, .retry_after_s = 30 } },
	{ "a date against our clock",
		"HTTP/1.1 429 x\r\nRetry-After: Sat, 21 Nov 2026 00:00:20 GMT\r\n\r\n",
		{ .complete = true, .status = 429, .retry_after_s = 20 } },
	{ "no status", "HTTP/1.1 abc\r\n\r\n", { .retry_after_s = -1 } },
};

static bool feed(struct answer_head *head, const char *lines)
{
	bool ok = true;

	for (const char *at = lines; *at && ok;) {
		size_t len = strcspn(at, "\n") + 1;

		ok = answer_head_line(head, at, len, WALL_S);
		at += len;
	}
	return ok;
}

static void a_header_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct answer_head *want = &cases[i].want;
		struct answer_head head;

		answer_head_begin(&head);
		check(cases[i].when, feed(&head, cases[i].lines));
		check(cases[i].when, head.complete == want->complete);
		check(cases[i].when, head.status == want->status);
		check(cases[i].when, head.html == want->html);
		check(cases[i].when, head.retry_after_s == want->retry_after_s);
	}
}

static void a_header_without_end_is_given_up(void **state)
{
	struct answer_head head;
	size_t lines = 0;

	(void)state;
	answer_head_begin(&head);
	while (answer_head_line(&head, "HTTP/1.1 100 x\r\n", 16, WALL_S))
		assert_true(++lines <= ANSWER_HEAD_MAX_BYTES / 16);
	assert_int_equal(lines, ANSWER_HEAD_MAX_BYTES / 16);
}

static void a_long_value_is_cut(void **state)
{
	char line[1024] = "Retry-After: ";
	struct answer_head head;

	(void)state;
	memset(line + 13, '9', sizeof(line) - 15);
	line[sizeof(line) - 2] = '\n';
	answer_head_begin(&head);
	assert_true(feed(&head, "HTTP/1.1 429 x\r\n"));
	assert_true(answer_head_line(&head, line, sizeof(line) - 1, WALL_S));
	assert_true(answer_head_line(&head, "\r\n", 2, WALL_S));
	assert_true(head.retry_after_s == 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_understood),
		cmocka_unit_test(a_header_without_end_is_given_up),
		cmocka_unit_test(a_long_value_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
