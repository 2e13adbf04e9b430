#include "answer_head.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "retry_after.h"

void answer_head_begin(struct answer_head *head)
{
	*head = (struct answer_head){ .retry_after_s = -1 };
}

/* "HTTP/1.1 200 OK": the three digits after the first space (RFC 9112, 4). */
static int status_of(const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	int status = 0;

	if (!space || line + len - space < 4)
		return 0;
	for (int i = 1; i <= 3; i++) {
		if (!isdigit((unsigned char)space[i]))
			return 0;
		status = status * 10 + (space[i] - '0');
	}
	return status;
}

/* Copies the value of "Name: value" when line is that header. */
static bool take(
	const char *line, size_t len, const char *name, char ret[ANSWER_VALUE_SIZE])
{
	size_t n = strlen(name), end = len;

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return false;
	for (n++; n < len && (line[n] == ' ' || line[n] == '\t');)
		n++;
	while (end > n && isspace((unsigned char)line[end - 1]))
		end--;
	if (end - n >= ANSWER_VALUE_SIZE)
		end = n + ANSWER_VALUE_SIZE - 1;
	memcpy(ret, line + n, end - n);
	ret[end - n] = '\0';
	return true;
}

static bool is_html(const char *value)
{
	return strncasecmp(value, "text/html", 9) == 0 &&
	       !isalnum((unsigned char)value[9]);
}

/* Several Retry-After headers: the longest wait that makes sense is the safe one. */
static void settle_retry_after(struct answer_head *head, int64_t wall_s)
{
	if (head->retry_after[0])
		head->retry_after_s = fmax(head->retry_after_s,
			retry_after_s(head->retry_after, head->date, wall_s));
}

bool answer_head_line(
	struct answer_head *head, const char *line, size_t len, int64_t wall_s)
{
	char value[ANSWER_VALUE_SIZE];

	head->bytes += len;
	if (head->bytes > ANSWER_HEAD_MAX_BYTES)
		return false;
	if (head->complete)
		return true;
	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
		/* Another header: what an interim answer said does not count, its bytes do. */
		*head = (struct answer_head){ .retry_after_s = -1,
			.bytes = head->bytes,
			.status = status_of(line, len) };
	} else if (len <= 2 && (line[0] == '\r' || line[0] == '\n')) {
		settle_retry_after(head, wall_s);
		head->complete = head->status >= 200;
	} else if (take(line, len, "Content-Type", value)) {
		head->html = is_html(value);
	} else if (take(line, len, "Retry-After", value)) {
		settle_retry_after(head, wall_s);
		memcpy(head->retry_after, value, sizeof(value));
	} else {
		take(line, len, "Date", head->date);
	}
	return true;
}
