#include "source.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config.h"

const struct source *const sources[] = {
	&source_activity,
	&source_statements,
	&source_locks,
	&source_system_metrics,
	&source_stat_database,
	&source_bgwriter,
	&source_wal,
	&source_io,
	&source_archiver,
	&source_settings,
	&source_server,
	&source_replication,
	&source_progress,
	&source_wraparound,
	&source_user_tables,
	&source_user_indexes,
	&source_activity_counts,
};

const size_t sources_count = sizeof(sources) / sizeof(sources[0]);

_Static_assert(
	sizeof(sources) / sizeof(sources[0]) <= SOURCES_MAX, "more sources than bits");

void sources_views(struct buf *sql)
{
	const char *separator = "";

	for (size_t i = 0; i < sources_count; i++) {
		const char *view = sources[i]->views ? sources[i]->views : "";

		while (*view) {
			size_t len = strcspn(view, ", ");

			buf_addf(sql, "%s'%.*s'", separator, (int)len, view);
			separator = ", ";
			view += len;
			view += strspn(view, ", ");
		}
	}
}

static bool is(const char *word, const char *name, size_t len)
{
	return strlen(word) == len && memcmp(word, name, len) == 0;
}

static unsigned find(const char *name, size_t len)
{
	for (size_t i = 0; i < sources_count; i++)
		if (is(sources[i]->name, name, len))
			return 1u << i;
	return 0;
}

bool sources_own(const char *name)
{
	return find(name, strlen(name)) != 0;
}

/* Of a source's name, or of a word that stands for several; 0 when it is neither. */
static unsigned bits_of(const char *name, size_t len)
{
	unsigned bits = 0;
	struct err err;
	int key;

	if (is("all", name, len))
		return ~0u >> (SOURCES_MAX - sources_count);
	if (!is("default", name, len))
		return find(name, len);
	key = config_find("collection", "sources");
	sources_parse(config_keys[key].preset, ERR_CONFIG, "default", &bits, &err);
	return bits;
}

static int unknown(enum err_kind kind, const char *where, const char *name, size_t len,
	struct err *err)
{
	char known[400] = "";

	for (size_t i = 0; i < sources_count; i++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			i ? ", " : "", sources[i]->name);
	return err_set(err, kind,
		"%s: unknown source \"%.*s\"; known are all, default, %s", where,
		len < 60 ? (int)len : 60, name, known);
}

int sources_parse(const char *list, enum err_kind kind, const char *where,
	unsigned *ret_bits, struct err *err)
{
	unsigned bits = 0, named;

	while (*list) {
		size_t len = strcspn(list, ","), skip = len + (list[len] == ',');
		const char *name = list;

		while (len > 0 && isspace((unsigned char)*name)) {
			name++;
			len--;
		}
		while (len > 0 && isspace((unsigned char)name[len - 1]))
			len--;
		list += skip;
		if (len == 0)
			continue;
		named = bits_of(name, len);
		if (named == 0)
			return unknown(kind, where, name, len, err);
		bits |= named;
	}
	if (bits == 0)
		return err_set(err, kind, "%s: names no source", where);
	*ret_bits = bits;
	return 0;
}
