#include "tail.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "notify.h"
#include "reading.h"

/* The server's default. */
#define PREFIX_DEFAULT "%m [%p] "
#define AUTO "auto"

static const char *const format_names[] = { "auto", "stderr", "csvlog", "jsonlog" };

int tail_format(const char *name, enum log_format *ret, struct err *err)
{
	for (int i = 0; i < 4; i++) {
		if (strcmp(name, format_names[i]) == 0) {
			*ret = (enum log_format)i;
			return 0;
		}
	}
	return err_set(err, ERR_USAGE,
		"--format %s: give auto, stderr, csvlog or jsonlog", name);
}

bool tail_prefix_text(const struct config *config, const struct tail_job *job,
	char ret[PREFIX_GUESS_SIZE], struct err *err)
{
	const char *text =
		job->log_line_prefix ? job->log_line_prefix : config->log_line_prefix;
	size_t len = text ? strlen(text) : 0, at = 0;
	bool quoted = len >= 2 && text[0] == '\'' && text[len - 1] == '\'';

	if (!text || strcmp(text, AUTO) == 0)
		return false;
	if (len >= PREFIX_GUESS_SIZE) {
		err_set(err, ERR_CONFIG, "log_line_prefix: longer than %d bytes",
			PREFIX_GUESS_SIZE - 1);
		return false;
	}
	for (size_t i = quoted; i < len - quoted; i++) {
		ret[at++] = text[i];
		i += quoted && text[i] == '\'' && text[i + 1] == '\'';
	}
	ret[at] = '\0';
	return true;
}

/* Takes tail->config into use. */
int tail_configure(struct tail *tail, struct err *err)
{
	char text[PREFIX_GUESS_SIZE] = PREFIX_DEFAULT;
	bool given;
	enum log_format format = (enum log_format)tail->config->log_format;
	struct log_clock clock;
	struct prefix prefix;

	if (tail->job->format && tail_format(tail->job->format, &format, err) < 0)
		return -1;
	err->kind = ERR_OK;
	given = tail_prefix_text(tail->config, tail->job, text, err);
	if (err->kind != ERR_OK)
		return -1;
	if (log_clock_init(&clock, tail->config->log_timezone, err) < 0 ||
		prefix_compile(text, &prefix, err) < 0)
		return -1;
	tail->clock = clock;
	tail->prefix = prefix;
	tail->prefix_given = given;
	tail->follow.forced = format;
	entry_writer_release(&tail->writer);
	entry_writer_init(&tail->writer, (enum redact_mode)tail->config->redact,
		&tail->clock, tail->events);
	for (size_t i = 0; i < tail->follow.count; i++)
		if (given && tail->follow.list[i]->reading)
			log_parser_set_prefix(
				tail->follow.list[i]->reading->parser, &prefix);
	return 0;
}

static int load(struct tail *tail, struct config *fresh, struct err *err)
{
	struct config *old = tail->config;
	int rc;

	if (config_load(fresh, tail->config_path, err) < 0)
		return -1;
	if (strcmp(fresh->buffer_path, old->buffer_path) != 0)
		return err_set(err, ERR_CONFIG,
			"buffer.path can't change while running; restart instead");
	tail->config = fresh;
	rc = tail_configure(tail, err);
	tail->config = old;
	return rc;
}

void tail_reload(struct tail *tail)
{
	struct config fresh = { 0 };
	struct err err;

	tail->reload = false;
	notify_reloading();
	if (load(tail, &fresh, &err) < 0) {
		log_line(LOG_ERROR, "reload: %s; the old configuration stays in force",
			err.msg);
		config_release(&fresh);
	} else {
		config_release(tail->config);
		*tail->config = fresh;
		tail->commit.limits = room_limits(tail->config);
		tail->commit.limits.reserve_bytes = 0;
		tail->look_at_s = 0;
		tail->room_at_s = 0;
		log_lines(LOG_WARNING, fresh.warnings.data);
		log_line(LOG_NOTICE, "configuration read again");
	}
	notify_send("READY=1");
}
