#include "prefix_value.h"

#include "log_time.h"

bool prefix_value_goes_on(char c)
{
	return prefix_is_zone(c) || c == '.' || c == '/';
}

static size_t hex_digits(const char *s, size_t len, size_t max)
{
	size_t n = 0;

	max = max < len ? max : len;
	while (n < max && (prefix_is_digit(s[n]) || (s[n] >= 'a' && s[n] <= 'f')))
		n++;
	return n;
}

/* Two numbers and a sign between them: up to there. */
static size_t first_of_pair(const char *s, size_t len, char sign, size_t n)
{
	return n > 0 && n < len && s[n] == sign ? n + 1 : 0;
}

/* "65bd1234.1f" */
static size_t session_len(const char *s, size_t len)
{
	size_t n = first_of_pair(s, len, '.', hex_digits(s, len, 16));
	size_t pid = n > 0 ? hex_digits(s + n, len - n, 8) : 0;

	return pid > 0 ? n + pid : 0;
}

/* "3/1234" */
static size_t vxid_len(const char *s, size_t len)
{
	size_t n =
		first_of_pair(s, len, '/', prefix_digits(s, len, PREFIX_INT32_MAX_LEN));
	size_t xid = n > 0 ? prefix_digits(s + n, len - n, PREFIX_INT32_MAX_LEN) : 0;

	return xid > 0 ? n + xid : 0;
}

/* "1767312000.123" */
static size_t epoch_len(const char *s, size_t len)
{
	size_t n = first_of_pair(s, len, '.', prefix_digits(s, len, 12));

	return n > 0 && len - n >= 3 && prefix_digits(s + n, 3, 3) == 3 ? n + 3 : 0;
}

/* "2026-01-31 23:59:59", maybe ".123", and a blank. */
static inline size_t stamp_len(const char *s, size_t len, bool decimals)
{
	size_t n = LOG_TIME_SECONDS_LEN + (decimals ? 4 : 0);

	if (len <= n || s[n] != ' ' || !log_time_is_second(s))
		return 0;
	if (decimals && (s[n - 4] != '.' || prefix_digits(s + n - 3, 3, 3) < 3))
		return 0;
	return n + 1;
}

static inline size_t time_len(const char *s, size_t len, bool decimals)
{
	size_t zone = stamp_len(s, len, decimals), n = zone;

	while (zone > 0 && n < len && n < zone + PREFIX_ZONE_MAX && prefix_is_zone(s[n]))
		n++;
	return n > zone ? n : 0;
}

static size_t code_len(const char *s, size_t len)
{
	for (size_t i = 0; i < 5; i++)
		if (i == len || !(prefix_is_digit(s[i]) || (s[i] >= 'A' && s[i] <= 'Z')))
			return 0;
	return 5;
}

static size_t signed_len(const char *s, size_t len)
{
	size_t sign = len > 0 && s[0] == '-';
	size_t n = prefix_digits(s + sign, len - sign, PREFIX_INT64_MAX_LEN);

	return n > 0 ? sign + n : 0;
}

size_t prefix_value_len(char escape, const char *s, size_t len)
{
	switch (escape) {
	case 'm':
		return time_len(s, len, true);
	case 't':
	case 's':
		return time_len(s, len, false);
	case 'p':
	case 'P':
	case 'x':
		return prefix_digits(s, len, PREFIX_INT32_MAX_LEN);
	case 'l':
		return prefix_digits(s, len, PREFIX_INT64_MAX_LEN);
	case 'Q':
		return signed_len(s, len);
	case 'c':
		return session_len(s, len);
	case 'v':
		return vxid_len(s, len);
	case 'n':
		return epoch_len(s, len);
	case 'e':
		return code_len(s, len);
	default:
		return 0;
	}
}

static size_t min_len(char escape, const char *s, size_t len)
{
	switch (escape) {
	case 'm':
	case 't':
	case 's':
		return stamp_len(s, len, escape == 'm') + 1;
	case 'Q':
		return s[0] == '-' ? 2 : 1;
	case 'c':
		return hex_digits(s, len, len) + 2;
	case 'v':
		return prefix_digits(s, len, len) + 2;
	case 'n':
	case 'e':
		return len;
	default:
		return 1;
	}
}

struct prefix_reach prefix_reach_of(char escape, const char *s, size_t len)
{
	size_t max = prefix_value_len(escape, s, len), shape;
	struct prefix_reach reach = { 0, max, max };

	if (max == 0)
		return reach;
	reach.min = min_len(escape, s, max);
	if (escape == 'm' || escape == 't' || escape == 's') {
		shape = log_time_shape(s, len);
		reach.natural = shape > 0 && shape < max ? shape : max;
	}
	return reach;
}
