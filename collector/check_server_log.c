#include "check_database.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log_prefix.h"
#include "mend.h"
#include "time_zone.h"

#define PREFIX_SIZE 512
#define GROUP_READ 040

/* Whether the server says what pg-logtail could send. Values in base units: ms, kB. */
static const struct advice {
	const char *name, *bad, *good;
} advices[] = {
	{ "log_lock_waits", "off", "on" },
	{ "log_min_duration_statement", "-1", "'1s'" },
	{ "log_checkpoints", "off", "on" },
	{ "log_temp_files", "-1", "'10MB'" },
	{ "log_autovacuum_min_duration", "-1", "'10min'" },
};

static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word), n;

	for (; list && *list; list += n + (list[n] == ',')) {
		list += strspn(list, " ");
		n = strcspn(list, ",");
		if (strncmp(list, word, len) == 0 && strspn(list + len, " ") == n - len)
			return true;
	}
	return false;
}

/* csvlog and jsonlog have no prefix; without the collector they go to stderr as well. */
static bool writes_lines(const struct server_settings *settings)
{
	return has_word(server_setting(settings, "log_destination"), "stderr") ||
	       server_setting_is(settings, "logging_collector", "off");
}

/* Are slow statements told of in another way? */
static bool times_statements(const struct server_settings *settings)
{
	return server_setting_is(settings, "log_duration", "on") ||
	       server_setting_number(settings, "log_min_duration_sample", -1) >= 0 ||
	       server_setting_number(settings, "auto_explain.log_min_duration", -1) >= 0;
}

/* All of it in one line: who sets one sets all. */
static void check_content(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;
	const char *prefix = server_setting(settings, "log_line_prefix");
	char better[PREFIX_SIZE], lacks[200], text[512] = "";

	if (prefix && writes_lines(settings) &&
		log_prefix_lacks(prefix, lacks, sizeof(lacks))) {
		struct buf literal;

		log_prefix_mend(prefix, better, sizeof(better));
		buf_init(&literal, MEND_MAX_BYTES);
		mend_literal(&literal, better);
		mend_system(&check->mend, settings, "log_line_prefix", literal.data);
		buf_release(&literal);
		snprintf(text, sizeof(text), "; log_line_prefix lacks %s", lacks);
	}
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		const struct advice *advice = &advices[i];

		if (!server_setting_is(settings, advice->name, advice->bad) ||
			(strstr(advice->name, "_statement") &&
				times_statements(settings)))
			continue;
		mend_system(&check->mend, settings, advice->name, advice->good);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "; %s is %s",
			advice->name, advice->bad);
	}
	if (*text) {
		mend_reload(&check->mend);
		check_warn(check, "log: says less than it could: %s", text + 2);
	} else {
		check_ok(check,
			"log: log_line_prefix '%s'; lock waits, slow statements, "
			"checkpoints and temporary files are logged",
			prefix ? prefix : "");
	}
}

/* What pg-logtail was told to take the lines for. */
static void check_told_prefix(struct database_check *check)
{
	const struct config *config = check->job->config;
	const char *is = server_setting(&check->settings, "log_line_prefix");
	const char *told = config->log_line_prefix;
	size_t len = is ? strlen(is) : 0, told_len = told ? strlen(told) : 0;
	char quoted[PREFIX_SIZE];

	if (!is || !told || strcmp(told, "auto") == 0 || !writes_lines(&check->settings))
		return;
	if (told_len > 1 && *told == '\'') {
		told++;
		told_len -= 2;
	}
	while (len > 0 && is[len - 1] == ' ')
		len--;
	while (told_len > 0 && told[told_len - 1] == ' ')
		told_len--;
	if (len == told_len && memcmp(is, told, len) == 0)
		return;
	snprintf(quoted, sizeof(quoted), "'%s'", is);
	mend_config(
		&check->mend, config, offsetof(struct config, log_line_prefix), quoted);
	check_warn(check, "log: collection.log_line_prefix is %s, the server's is '%s'",
		config->log_line_prefix, is);
}

/* Where does the log go? Without the collector Debian redirects stderr into a file. */
static void check_destination(struct database_check *check)
{
	static const char *const files[] = { "stderr", "csvlog", "jsonlog" };
	const struct server_settings *settings = &check->settings;
	const char *destination = server_setting(settings, "log_destination");
	bool collected = !server_setting_is(settings, "logging_collector", "off");
	char more[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!destination || has_word(destination, files[i]))
			return;
	snprintf(more, sizeof(more), "'stderr,%.100s'", destination);
	mend_system(&check->mend, settings, "log_destination", more);
	if (collected) {
		mend_reload(&check->mend);
	} else {
		mend_system(&check->mend, settings, "logging_collector", "on");
		mend_system(&check->mend, settings, "log_file_mode", "'0640'");
		mend_restart(&check->mend, settings);
	}
	check_warn(check, "log: log_destination is %s: no file for pg-logtail to read",
		destination);
}

/* Files of the collector are its user's alone, unless told otherwise. */
static void check_mode(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;
	const char *mode = server_setting(settings, "log_file_mode");

	if (!mode || !server_setting_is(settings, "logging_collector", "on") ||
		strtol(mode, NULL, 8) & GROUP_READ || geteuid() == 0)
		return;
	mend_system(&check->mend, settings, "log_file_mode", "'0640'");
	mend_reload(&check->mend);
	buf_adds(&check->mend, "SELECT pg_rotate_logfile();\n");
	check_warn(
		check, "log: log_file_mode is %s: pg-logtail can't read the files", mode);
}

/* Does one of the list's paths mean this directory, or files in it? */
static bool is_covered(const char *list, const char *directory)
{
	for (size_t len; *list; list += len + (list[len] == ',')) {
		char path[1024], *slash;

		list += strspn(list, " ");
		len = strcspn(list, ",");
		snprintf(path, sizeof(path), "%.*s", (int)len, list);
		for (int above = 0; above < 2; above++) {
			while ((slash = strrchr(path, '/')) && slash > path && !slash[1])
				*slash = '\0';
			if (fnmatch(path, directory, FNM_PATHNAME) == 0)
				return true;
			if (!slash || slash == path)
				break;
			*slash = '\0';
		}
	}
	return false;
}

/* Only a role with pg_read_all_settings is told the directories. */
static void check_directory(struct database_check *check)
{
	const struct server_settings *settings = &check->settings;
	const struct config *config = check->job->config;
	const char *log = server_setting(settings, "log_directory");
	const char *data = server_setting(settings, "data_directory");
	char directory[1024], list[4096] = "";
	size_t offset = offsetof(struct config, log_path);

	if (!log || !data || !server_setting_is(settings, "logging_collector", "on"))
		return;
	snprintf(directory, sizeof(directory), "%s%s%s", *log == '/' ? "" : data,
		*log == '/' ? "" : "/", log);
	if (is_covered(config->log_path ? config->log_path : "", directory))
		return;
	if (config_is_set(config, offset))
		snprintf(list, sizeof(list), "%s, ", config->log_path);
	snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s", directory);
	mend_config(&check->mend, config, offset, list);
	check_warn(check, "log: the server's is in %s, not in collection.log_path (%s)",
		directory, config->log_path);
}

static void check_zone(struct database_check *check)
{
	const struct config *config = check->job->config;
	const char *zone = server_setting(&check->settings, "log_timezone");

	if (!zone || time_zone_is_understood(zone, config->log_timezone, time(NULL)))
		return;
	mend_config(&check->mend, config, offsetof(struct config, log_timezone), zone);
	check_warn(check,
		"log: the server's log_timezone is %s: abbreviations of that zone mean "
		"nothing in %s",
		zone,
		config->log_timezone && *config->log_timezone ? config->log_timezone
							      : "the machine's zone");
}

void check_server_log(struct database_check *check)
{
	/* The log of another machine is not ours to read, unless it is brought here. */
	if (!check->is_local &&
		!config_is_set(check->job->config, offsetof(struct config, log_path)))
		return;
	check_content(check);
	check_told_prefix(check);
	check_destination(check);
	if (check->is_local) {
		check_mode(check);
		check_directory(check);
	}
	check_zone(check);
}
