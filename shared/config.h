/*
 * The configuration: environment, file, default, in this order of precedence.
 *
 * One table (config_table.c) holds every key: section, name, type, default, range, environment
 * name. Parsing, the man page's list and the tests come from it.
 *
 *	struct config config;
 *	if (config_load(&config, options->config_path, &err) < 0) ...
 *	config_release(&config);
 *
 * Ownership: the struct owns all its strings; config_release() accepts a zeroed one.
 * Errors: ERR_CONFIG, naming file, line and key, or the environment variable. Values of secrets
 * are never part of a message. An empty value counts as unset.
 */
#ifndef SHARED_CONFIG_H
#define SHARED_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "err.h"

#define CONFIG_PATH_DEFAULT "/etc/bitville/postgres-agent.ini"
#define CONFIG_PATH_ENV "BITVILLE_PG_CONFIG_PATH"
#define CONFIG_ENV_PREFIX "BITVILLE_PG_"
#define CONFIG_KEYS_MAX 64

enum config_type { CONFIG_STRING, CONFIG_SECRET, CONFIG_INT, CONFIG_BOOL, CONFIG_CHOICE };

enum config_origin { CONFIG_FROM_DEFAULT, CONFIG_FROM_FILE, CONFIG_FROM_ENVIRONMENT };

/* Values of collection.log_format and listener.compression, in their tables' order. */
enum log_format {
	LOG_FORMAT_AUTO,
	LOG_FORMAT_STDERR,
	LOG_FORMAT_CSVLOG,
	LOG_FORMAT_JSONLOG
};
enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct config {
	char *database_host;
	int database_port;
	char *database_name;
	char *database_user;
	char *database_password;
	char *database_password_file;
	char *database_conninfo;
	int statement_timeout_ms;
	int lock_timeout_ms;
	int connection_timeout_s;

	int interval_s;
	char *sources;
	int redact; /* enum redact_mode */
	int budget_ms;
	char *log_path;
	int log_format; /* enum log_format */
	char *log_line_prefix;
	char *log_timezone;
	int batch_max_entries;
	int batch_interval_s;

	char *listener_url;
	char *listener_api_key;
	char *listener_api_key_file;
	char *project_id;
	int listener_timeout_s;
	char *listener_ca_file;
	char *listener_client_cert;
	char *listener_client_key;
	char *listener_proxy;
	int allow_plain_http;
	int compression; /* enum compression */
	int max_in_flight;

	int breaker_fail_max;
	int breaker_timeout_s;

	char *buffer_path;
	int buffer_max_size_mb;
	int buffer_min_free_mb;

	char *metrics_textfile;

	char *file;          /* the file that was read, NULL when there is none */
	struct buf warnings; /* one a line, for the log */
	enum config_origin origin[CONFIG_KEYS_MAX]; /* by place in config_keys */
	int line[CONFIG_KEYS_MAX]; /* where the file set it, 0 where it did not */
};

struct config_key {
	const char *section;
	const char *name;
	const char *env; /* without CONFIG_ENV_PREFIX */
	enum config_type type;
	size_t offset; /* of the value in struct config */
	const char *preset;
	long min, max;  /* CONFIG_INT; CONFIG_STRING: characters, max 0 means any */
	long raised_to; /* CONFIG_INT: smaller values become this one, with a warning */
	const char *const *choices; /* CONFIG_CHOICE, NULL-terminated */
};

extern const struct config_key config_keys[];
extern const size_t config_keys_count;

/* path: the file named explicitly, or NULL for $BITVILLE_PG_CONFIG_PATH or the default. */
int config_load(struct config *config, const char *path, struct err *err);
void config_release(struct config *config);

/* Was the key whose value is at this offset set by the file or the environment? */
bool config_is_set(const struct config *config, size_t offset);

/* Where the value at this offset came from, for messages: "FILE line N: section.key" or the
 * environment variable's name. Writes at most size bytes into ret. */
void config_where(const struct config *config, size_t offset, char *ret, size_t size);

/* " --config FILE" for a command that is to read the same configuration, "" where it is the default
 * one. At most size bytes into ret. */
void config_option(const struct config *config, char *ret, size_t size);

/*
 * Sets the key at index from text; where names the place for messages.
 * The parts of config_load() that its two readers (file and environment) share.
 */
int config_set(struct config *config, size_t index, const char *text, const char *where,
	struct err *err);

/* Place of section.name in config_keys, or -1. */
int config_find(const char *section, const char *name);

/* Reads the file into config: config_file.c, the only user of inih. */
int config_file_read(struct config *config, const char *path, struct err *err);

/*
 * The secrets, from their value, their file or $CREDENTIALS_DIRECTORY; *ret_secret is the
 * caller's to free, NULL when none is configured. Read again at each call, so that a rotated
 * file is found. ERR_CONFIG when a file can't be read or holds no usable secret.
 */
int config_database_password(
	const struct config *config, char **ret_secret, struct err *err);
int config_api_key(const struct config *config, char **ret_secret, struct err *err);

/* Wipes and frees what the two above returned; accepts NULL. */
void config_secret_free(char *secret);

/* Would the key come from a systemd credential, which only a restart can change? */
bool config_api_key_is_credential(const struct config *config);

#endif
