#include <string.h>

#include "server.h"

/* The columns of a view as the server's description has them, NULL without that view. */
static const char *find_view(
	const struct server *server, const char *view, size_t *ret_len)
{
	size_t len = strlen(view);

	for (const char *line = server->columns, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return NULL;
		if (strncmp(line, view, len) == 0 && line[len] == ' ') {
			*ret_len = (size_t)(end - line) - len;
			return line + len;
		}
	}
	return NULL;
}

/* names: " a b c " */
static bool has_name(const char *names, size_t names_len, const char *name, size_t len)
{
	const char *end = names + names_len;

	for (const char *at = names; at + len + 2 <= end; at++)
		if (*at == ' ' && at[len + 1] == ' ' && memcmp(at + 1, name, len) == 0)
			return true;
	return false;
}

bool server_has_view(const struct server *server, const char *view)
{
	size_t len;

	return find_view(server, view, &len) != NULL;
}

bool server_has_column(const struct server *server, const char *view, const char *column)
{
	size_t names_len;
	const char *names = find_view(server, view, &names_len);

	return names && has_name(names, names_len, column, strlen(column));
}

void server_columns(struct buf *sql, const struct server *server, const char *view,
	const char *prefix, const char *known)
{
	size_t names_len;
	const char *names = find_view(server, view, &names_len), *separator = "";

	while (names && *known) {
		size_t len = strcspn(known, ","), name = strcspn(known, ":, ");

		if (has_name(names, names_len, known, name)) {
			buf_addf(sql, "%s%s", separator, prefix);
			buf_add(sql, known, len);
			separator = ", ";
		}
		known += len;
		known += strspn(known, ", ");
	}
}
