#include "log_prefix.h"

#include <stdio.h>
#include <string.h>

/* Each line: escapes of which one is enough. */
static const struct {
	const char *escapes, *usual, *lost;
	const char *more; /* what gives it to a prefix; NULL: that must be another one */
} wanted[] = {
	{ "mtn", "%m", "the time", NULL },
	{ "pc", "%p", "the process: which lines belong together", NULL },
	{ "u", "%u", "the user", "user=%u" },
	{ "d", "%d", "the database", "db=%d" },
	{ "a", "%a", "the application, with it the web request's UUID", "app=%a" },
};
#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

static bool has_any(const char *prefix, const char *escapes)
{
	for (const char *at = prefix; (at = strchr(at, '%'));) {
		at++;
		at += strspn(at, "-0123456789"); /* padding */
		if (*at && strchr(escapes, *at))
			return true;
		at += *at != '\0';
	}
	return false;
}

static bool is_usual(const char *prefix)
{
	return strcmp(prefix, "%m [%p] ") == 0 ||       /* PostgreSQL's */
	       strcmp(prefix, "%m [%p] %q%u@%d ") == 0; /* Debian's */
}

bool log_prefix_lacks(const char *prefix, char *ret, size_t size)
{
	size_t len = 0;

	*ret = '\0';
	for (size_t i = 0; i < WANTED && len < size; i++)
		if (!has_any(prefix, wanted[i].escapes))
			len += (size_t)snprintf(ret + len, size - len, "%s%s (%s)",
				len > 0 ? ", " : "", wanted[i].usual, wanted[i].lost);
	return len > 0;
}

/* False where it has no room, or would not do. */
static bool go_on(const char *prefix, char *ret, size_t size)
{
	size_t len = strlen(prefix);

	while (len > 0 && prefix[len - 1] == ' ')
		len--;
	len = (size_t)snprintf(ret, size, "%.*s ", (int)len, prefix);
	for (size_t i = 0; i < WANTED && len < size; i++) {
		if (has_any(prefix, wanted[i].escapes))
			continue;
		if (!wanted[i].more)
			return false;
		len += (size_t)snprintf(ret + len, size - len, "%s ", wanted[i].more);
	}
	return len < size;
}

void log_prefix_mend(const char *prefix, char *ret, size_t size)
{
	if (is_usual(prefix) || !go_on(prefix, ret, size))
		snprintf(ret, size, "%s", LOG_PREFIX_BEST);
}
