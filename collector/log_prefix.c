#include "log_prefix.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Is one of the letters an escape of it? Padding may stand between, as in %-10u. */
static bool has(const char *prefix, const char *letters)
{
	while ((prefix = strchr(prefix, '%'))) {
		prefix++;
		if (*prefix == '%') {
			prefix++;
			continue;
		}
		prefix += *prefix == '-';
		while (isdigit((unsigned char)*prefix))
			prefix++;
		if (*prefix && strchr(letters, *prefix))
			return true;
	}
	return false;
}

static bool is_usual(const char *prefix)
{
	return strcmp(prefix, "%m [%p] ") == 0 ||       /* PostgreSQL's */
	       strcmp(prefix, "%m [%p] %q%u@%d ") == 0; /* Debian's */
}

const char *log_prefix_lacks(const char *prefix, char *ret, size_t size)
{
	const char *lacks = NULL;
	size_t len = strlen(prefix);

	if (!has(prefix, "a"))
		lacks = "%a, which has the web request";
	if (!has(prefix, "pc"))
		lacks = "%p, which tells whose line it is";
	if (!has(prefix, "mtn"))
		lacks = "%m, the time";
	while (len > 0 && prefix[len - 1] == ' ')
		len--;
	if (!lacks)
		return NULL;
	if (has(prefix, "pc") && has(prefix, "mtn") && !is_usual(prefix) &&
		(size_t)snprintf(ret, size, "%.*s app=%%a ", (int)len, prefix) < size)
		return lacks;
	snprintf(ret, size, "%s", LOG_PREFIX_BEST);
	return lacks;
}
