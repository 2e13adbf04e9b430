#include "config.h"

static const char *const redact_choices[] = { "none", "literals", "statements", NULL };
static const char *const format_choices[] = { "auto", "stderr", "csvlog", "jsonlog",
	NULL };
static const char *const compression_choices[] = { "none", "gzip", "zstd", NULL };

#define AT(member) offsetof(struct config, member)

/* Sorted as the manual shows them. */
const struct config_key config_keys[] = {
	{ "database", "host", "DB_HOST", CONFIG_STRING, AT(database_host), "localhost" },
	{ "database", "port", "DB_PORT", CONFIG_INT, AT(database_port), "5432", 1,
		65535 },
	{ "database", "name", "DB_NAME", CONFIG_STRING, AT(database_name), "postgres" },
	{ "database", "user", "DB_USER", CONFIG_STRING, AT(database_user),
		"bitville_monitor" },
	{ "database", "password", "DB_PASSWORD", CONFIG_SECRET, AT(database_password),
		NULL },
	{ "database", "password_file", "DB_PASSWORD_FILE", CONFIG_STRING,
		AT(database_password_file), NULL },
	{ "database", "conninfo", "DB_CONNINFO", CONFIG_SECRET, AT(database_conninfo),
		NULL },
	{ "database", "statement_timeout_ms", "STATEMENT_TIMEOUT_MS", CONFIG_INT,
		AT(statement_timeout_ms), "5000", 0, 3600000, .raised_to = 1000 },
	{ "database", "lock_timeout_ms", "LOCK_TIMEOUT_MS", CONFIG_INT,
		AT(lock_timeout_ms), "100", 1, 60000 },
	{ "database", "connection_timeout_s", "CONNECTION_TIMEOUT_S", CONFIG_INT,
		AT(connection_timeout_s), "30", 1, 3600 },

	{ "collection", "interval_s", "COLLECTION_INTERVAL_S", CONFIG_INT, AT(interval_s),
		"60", 1, 86400 },
	{ "collection", "sources", "SOURCES", CONFIG_STRING, AT(sources),
		"pg_stat_activity, pg_stat_statements, pg_locks, system_metrics" },
	{ "collection", "redact", "REDACT", CONFIG_CHOICE, AT(redact), "none",
		.choices = redact_choices },
	{ "collection", "budget_ms", "BUDGET_MS", CONFIG_INT, AT(budget_ms), "500", 1,
		3600000 },
	{ "collection", "log_path", "LOG_PATH", CONFIG_STRING, AT(log_path),
		"/var/log/postgresql" },
	{ "collection", "log_format", "LOG_FORMAT", CONFIG_CHOICE, AT(log_format), "auto",
		.choices = format_choices },
	{ "collection", "log_line_prefix", "LOG_LINE_PREFIX", CONFIG_STRING,
		AT(log_line_prefix), "auto" },
	{ "collection", "log_timezone", "LOG_TIMEZONE", CONFIG_STRING, AT(log_timezone),
		NULL },
	{ "collection", "batch_max_entries", "BATCH_MAX_ENTRIES", CONFIG_INT,
		AT(batch_max_entries), "500", 1, 1000000 },
	{ "collection", "batch_interval_s", "BATCH_INTERVAL_S", CONFIG_INT,
		AT(batch_interval_s), "5", 1, 3600 },

	{ "listener", "url", "LISTENER_URL", CONFIG_STRING, AT(listener_url),
		"https://listener:8443/ingest/postgres" },
	{ "listener", "api_key", "LISTENER_API_KEY", CONFIG_SECRET, AT(listener_api_key),
		NULL },
	{ "listener", "api_key_file", "LISTENER_API_KEY_FILE", CONFIG_STRING,
		AT(listener_api_key_file), NULL },
	{ "listener", "project_id", "PROJECT_ID", CONFIG_STRING, AT(project_id),
		"default", 1, 50 },
	{ "listener", "timeout_s", "LISTENER_TIMEOUT_S", CONFIG_INT,
		AT(listener_timeout_s), "5", 1, 300 },
	{ "listener", "ca_file", "LISTENER_CA_FILE", CONFIG_STRING, AT(listener_ca_file),
		NULL },
	{ "listener", "client_cert", "LISTENER_CLIENT_CERT", CONFIG_STRING,
		AT(listener_client_cert), NULL },
	{ "listener", "client_key", "LISTENER_CLIENT_KEY", CONFIG_STRING,
		AT(listener_client_key), NULL },
	{ "listener", "proxy", "LISTENER_PROXY", CONFIG_SECRET, AT(listener_proxy),
		NULL },
	{ "listener", "allow_plain_http", "LISTENER_ALLOW_PLAIN_HTTP", CONFIG_BOOL,
		AT(allow_plain_http), "no" },
	{ "listener", "compression", "LISTENER_COMPRESSION", CONFIG_CHOICE,
		AT(compression), "none", .choices = compression_choices },
	{ "listener", "max_in_flight", "LISTENER_MAX_IN_FLIGHT", CONFIG_INT,
		AT(max_in_flight), "4", 1, 64 },

	{ "breaker", "fail_max", "CIRCUIT_BREAKER_FAIL_MAX", CONFIG_INT,
		AT(breaker_fail_max), "5", 1, 1000 },
	{ "breaker", "timeout_s", "CIRCUIT_BREAKER_TIMEOUT_S", CONFIG_INT,
		AT(breaker_timeout_s), "60", 1, 86400 },

	{ "buffer", "path", "BUFFER_PATH", CONFIG_STRING, AT(buffer_path),
		"/var/lib/bitville-postgres-agent/buffer" },
	{ "buffer", "max_size_mb", "BUFFER_MAX_SIZE_MB", CONFIG_INT,
		AT(buffer_max_size_mb), "100", 1, 16777216 },
	{ "buffer", "min_free_mb", "BUFFER_MIN_FREE_MB", CONFIG_INT,
		AT(buffer_min_free_mb), "512", 0, 16777216 },

	{ "metrics", "textfile", "METRICS_TEXTFILE", CONFIG_STRING, AT(metrics_textfile),
		NULL },
};

const size_t config_keys_count = sizeof(config_keys) / sizeof(config_keys[0]);

_Static_assert(sizeof(config_keys) / sizeof(config_keys[0]) <= CONFIG_KEYS_MAX,
	"CONFIG_KEYS_MAX is too small");
