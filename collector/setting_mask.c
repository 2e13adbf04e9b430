#include "setting_mask.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <string.h>

#include "password_mask.h"

#define SPACE " \t\r\n"

static bool ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len >= n && strcmp(name + len - n, end) == 0;
}

/* Keywords of a connection whose values are no secrets (PostgreSQL documentation,
 * "Parameter Key Words"). */
static bool is_harmless(const char *keyword)
{
	static const char *const harmless[] = { "host", "hostaddr", "port", "dbname",
		"user", "application_name", "connect_timeout", "sslmode", "gssencmode",
		"channel_binding", "target_session_attrs", "passfile" };

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(keyword, harmless[i]) == 0)
			return true;
	return false;
}

static void mask_conninfo(const char *value, struct buf *out)
{
	PQconninfoOption *options = PQconninfoParse(value, NULL);
	const char *separator = "";

	if (!options) {
		buf_adds(out, PASSWORD_MASK);
		return;
	}
	for (const PQconninfoOption *option = options; option->keyword; option++) {
		if (!option->val)
			continue;
		buf_addf(out, "%s%s=", separator, option->keyword);
		if (is_harmless(option->keyword))
			password_mask(option->val, strlen(option->val), false, out);
		else
			buf_adds(out, PASSWORD_MASK);
		separator = " ";
	}
	PQconninfoFree(options);
}

static void mask_command(const char *value, struct buf *out)
{
	size_t len;

	value += strspn(value, SPACE);
	len = strcspn(value, SPACE);
	if (strcspn(value, "=:;&|'\"`$<>{") < len) /* not a bare name */
		buf_adds(out, PASSWORD_MASK);
	else
		buf_add(out, value, len);
	if (value[len + strspn(value + len, SPACE)])
		buf_adds(out, " ...");
}

void setting_mask(const char *name, const char *type, const char *value, struct buf *out)
{
	bool is_text = strcmp(type, "string") == 0;

	buf_clear(out);
	buf_adds(out, "");
	if (!is_text || !*value)
		buf_adds(out, value);
	else if (strchr(name, '.'))
		buf_adds(out, PASSWORD_MASK);
	else if (ends_in(name, "_command"))
		mask_command(value, out);
	else if (ends_in(name, "_conninfo"))
		mask_conninfo(value, out);
	else
		password_mask(value, strlen(value), false, out);
}
