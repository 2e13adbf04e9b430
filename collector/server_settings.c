#include "server_settings.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_NAME, COLUMN_SETTING, COLUMN_SOURCE, COLUMN_PENDING };

const char server_settings_sql[] =
	"SELECT name, setting, source, pending_restart FROM pg_catalog.pg_settings"
	" WHERE name IN ('auto_explain.log_min_duration', 'cluster_name',"
	" 'compute_query_id', 'data_directory', 'log_autovacuum_min_duration',"
	" 'log_checkpoints', 'log_destination', 'log_directory', 'log_duration',"
	" 'log_file_mode', 'log_line_prefix', 'log_lock_waits',"
	" 'log_min_duration_sample', 'log_min_duration_statement', 'log_temp_files',"
	" 'log_timezone', 'logging_collector', 'max_connections',"
	" 'pg_stat_statements.max', 'pg_stat_statements.track', 'reserved_connections',"
	" 'shared_preload_libraries', 'superuser_reserved_connections',"
	" 'track_activities', 'track_activity_query_size', 'track_counts',"
	" 'track_io_timing')";

static int find(const struct server_settings *settings, const char *name)
{
	int rows = settings->rows ? PQntuples(settings->rows) : 0;

	for (int row = 0; row < rows; row++)
		if (strcmp(PQgetvalue(settings->rows, row, COLUMN_NAME), name) == 0)
			return row;
	return -1;
}

static bool is_of_session(const char *source)
{
	static const char *const sources[] = { "user", "database", "database user",
		"client", "session" };

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (strcmp(source, sources[i]) == 0)
			return true;
	return false;
}

const char *server_setting(const struct server_settings *settings, const char *name)
{
	int row = find(settings, name);

	if (row < 0 || PQgetisnull(settings->rows, row, COLUMN_SETTING) ||
		is_of_session(PQgetvalue(settings->rows, row, COLUMN_SOURCE)))
		return NULL;
	return PQgetvalue(settings->rows, row, COLUMN_SETTING);
}

bool server_setting_is(
	const struct server_settings *settings, const char *name, const char *value)
{
	const char *is = server_setting(settings, name);

	return is && strcmp(is, value) == 0;
}

long server_setting_number(
	const struct server_settings *settings, const char *name, long otherwise)
{
	const char *value = server_setting(settings, name);
	char *end;
	long number = value ? strtol(value, &end, 10) : 0;

	return value && end != value ? number : otherwise;
}

bool server_setting_is_argument(const struct server_settings *settings, const char *name)
{
	int row = find(settings, name);

	return row >= 0 && strcmp(PQgetvalue(settings->rows, row, COLUMN_SOURCE),
				   "command line") == 0;
}

bool server_setting_is_pending(const struct server_settings *settings, const char *name)
{
	int row = find(settings, name);

	return row >= 0 && *PQgetvalue(settings->rows, row, COLUMN_PENDING) == 't';
}
