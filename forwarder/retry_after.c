#include "retry_after.h"

#include <string.h>
#include <time.h>

int64_t http_date_parse(const char *text)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT", /* IMF-fixdate */
		"%A, %d-%b-%y %H:%M:%S GMT", /* RFC 850 */
		"%a %b %e %H:%M:%S %Y",      /* asctime() */
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && *end == '\0')
			return (int64_t)timegm(&tm);
	}
	return -1;
}

static double bounded(double seconds)
{
	if (seconds < RETRY_AFTER_MIN_S)
		return RETRY_AFTER_MIN_S;
	return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds;
}

double retry_after_s(const char *value, const char *date, int64_t wall_s)
{
	size_t digits = strspn(value, "0123456789");
	int64_t until, from;

	if (digits > 0 && value[digits] == '\0') {
		double seconds = 0;

		for (size_t i = 0; i < digits && seconds <= RETRY_AFTER_MAX_S; i++)
			seconds = seconds * 10 + (value[i] - '0');
		return bounded(seconds);
	}
	until = http_date_parse(value);
	if (until < 0)
		return -1;
	from = http_date_parse(date);
	return bounded((double)(until - (from < 0 ? wall_s : from)));
}
