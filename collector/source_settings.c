/*
 * pg_settings: what is set otherwise than PostgreSQL is built, whenever that changes.
 *
 * What this visit has set for itself is told as it would be without (reset_val), of which
 * the server does not say the source. What our connection asked for is left out. Settings
 * that no loaded module declares (SET my.token = …) are never in the view; what else may
 * hold a secret: setting_mask.h.
 */
#include <string.h>

#include "setting_mask.h"
#include "source.h"

#define SETTINGS_MAX 1000
#define SETTING_MAX_CHARS 1000

static const char settings_sql[] =
	"SELECT name, unit, CASE source WHEN 'session' THEN NULL ELSE source END AS source, "
	"sourcefile, pending_restart, vartype AS _type, "
	"CASE source WHEN 'session' THEN reset_val ELSE setting END AS _setting, "
	"pg_catalog.count(*) OVER () AS _total FROM pg_catalog.pg_settings "
	"WHERE source <> 'client' AND (reset_val IS DISTINCT FROM boot_val "
	"OR pending_restart OR source NOT IN ('default', 'override', 'session')) "
	"ORDER BY name COLLATE \"C\" LIMIT %d";

static bool compose(struct buf *sql, const struct source_context *context, unsigned part)
{
	(void)context;
	(void)part;
	buf_addf(sql, settings_sql, SETTINGS_MAX);
	return true;
}

static void write_setting(struct json *json, struct rows *rows, int row, size_t text_max)
{
	int setting = rows_column(rows, "_setting");
	struct buf *clean = &rows->clean;

	rows_object(json, rows, row, JSON_NO_LIMIT);
	json_key(json, "setting");
	setting_mask(rows_text(rows, row, rows_column(rows, "name")),
		rows_text(rows, row, rows_column(rows, "_type")),
		rows_text(rows, row, setting), clean);
	if (PQgetisnull(rows->result, row, setting) || clean->failed)
		json_null(json);
	else
		json_text(json, clean->data, clean->len, text_max);
	json_end(json);
}

static void write_settings(struct json *json, size_t text_max, void *context)
{
	struct rows *rows = context;
	int count = PQntuples(rows->result);

	json_key(json, "settings");
	json_array(json);
	for (int row = 0; row < count; row++)
		write_setting(json, rows, row, text_max);
	json_end(json);
	rows_counts(json, "", rows);
}

static int emit(const struct answer *answer, struct sink *sink, struct err *err)
{
	if (!answer->rows[0])
		return 0;
	return sink_payload(sink, &answer->meta, SETTING_MAX_CHARS, write_settings,
		answer->rows[0], err);
}

const struct source source_settings = {
	.name = "pg_settings",
	.views = "pg_settings",
	.on_change = true,
	.parts = 1,
	.optional_parts = ~0u,
	.compose = compose,
	.emit = emit,
};
