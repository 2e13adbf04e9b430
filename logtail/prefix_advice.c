#include "prefix_advice.h"

#include <stdio.h>
#include <string.h>

/* Each line: escapes of which one is enough (documentation, "log_line_prefix"). */
static const struct {
	const char *escapes, *usual, *lost;
} wanted[] = {
	{ "mtn", "%m", "the time" },
	{ "pc", "%p", "the process: which lines belong together" },
	{ "u", "%u", "the user" },
	{ "d", "%d", "the database" },
	{ "a", "%a", "the application, with it the web request's UUID" },
};

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

bool prefix_advice(const char *prefix, char *ret, size_t size)
{
	size_t len = 0;

	*ret = '\0';
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && len < size; i++)
		if (!has_any(prefix, wanted[i].escapes))
			len += (size_t)snprintf(ret + len, size - len, "%s%s (%s)",
				len > 0 ? ", " : "", wanted[i].usual, wanted[i].lost);
	return len > 0;
}
