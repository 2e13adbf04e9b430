/*
 * make_log stderr|csvlog|jsonlog BYTES >FILE: a log as a busy PostgreSQL 15 writes it, always the same; the
 * number of entries to stderr.
 *
 * The usual mix: durations with statements of many shapes, parameters, SQL of several lines, errors with
 * their sections, lock waits, temporary files, connections, autovacuum, checkpoints. stderr has Debian's
 * log_line_prefix, '%m [%p] %q%u@%d '. All literals vary, as they do in life: compression feels it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log_texts.h"

#define TEXT_SIZE 8192
#define SESSIONS 80
#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

struct text {
	char s[TEXT_SIZE];
	size_t len;
};

struct session {
	int pid, port, lines;
	const char *user, *database, *application;
	unsigned host;
};

struct maker {
	uint64_t chance;
	int64_t now_us;
	struct session sessions[SESSIONS];
	size_t query; /* which of the SQL texts was the last */
	size_t written, entries;
};

static uint64_t chance(struct maker *maker)
{
	uint64_t x = maker->chance;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	maker->chance = x;
	return x;
}

static uint64_t below(struct maker *maker, uint64_t limit)
{
	return (chance(maker) >> 11) % limit;
}

static void add(struct text *text, const char *s, size_t len)
{
	if (len > TEXT_SIZE - text->len)
		len = TEXT_SIZE - text->len;
	memcpy(text->s + text->len, s, len);
	text->len += len;
}

static void add_text(struct text *text, const char *s)
{
	add(text, s, strlen(s));
}

static void add_number(struct text *text, uint64_t number)
{
	char digits[24];

	add(text, digits,
		(size_t)snprintf(
			digits, sizeof(digits), "%llu", (unsigned long long)number));
}

static void add_time(struct text *text, int64_t wall_us)
{
	time_t seconds = (time_t)(wall_us / 1000000);
	char when[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	add(text, when, strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm));
	add(text, when,
		(size_t)snprintf(
			when, sizeof(when), ".%03d", (int)(wall_us / 1000 % 1000)));
}

static void add_word(struct maker *maker, struct text *text)
{
	static const char *const syllables[] = { "la", "mer", "ti", "gon", "re", "sal",
		"vo", "kin", "dra", "pe", "lun", "os", "bri", "ta", "nel", "fu", "ga",
		"ste", "hor", "mi", "qua", "zen", "ce", "dor", "an", "wi", "ble", "ro",
		"sti", "cu", "par", "en" };

	for (size_t left = 1 + below(maker, 4); left > 0; left--)
		add_text(text, syllables[below(maker, LENGTH(syllables))]);
}

static void expand(struct maker *maker, const char *template, struct text *text);

/* Numbers are small more often than large. */
static void expand_one(struct maker *maker, char sign, struct text *text)
{
	char word[32];

	switch (sign) {
	case '#':
		add_number(text, chance(maker) >> (40 + below(maker, 18)));
		break;
	case '@':
		add_word(maker, text);
		break;
	case '&':
		add(text, word,
			(size_t)snprintf(word, sizeof(word), "%016llx",
				(unsigned long long)chance(maker)));
		break;
	case '~':
		add_time(text,
			maker->now_us - (int64_t)below(maker, 90ULL * 86400 * 1000000));
		break;
	case '^':
		add_text(text, "$");
		break;
	case '$':
		maker->query = below(maker, statements_count);
		expand(maker, statements[maker->query], text);
		break;
	case '!':
		maker->query = statements_count + below(maker, prepared_count);
		expand(maker, prepared[maker->query - statements_count], text);
		break;
	default:
		add(text, &sign, 1);
	}
}

static void expand(struct maker *maker, const char *template, struct text *text)
{
	const char *duration = strstr(template, "% ms");

	for (const char *p = template; *p;) {
		size_t plain = strcspn(p, "#@&~^$!");

		if (duration && p + plain > duration) {
			add(text, p, (size_t)(duration - p));
			add_number(text, chance(maker) >> (50 + below(maker, 12)));
			add_text(text, ".");
			add_number(text, 100 + below(maker, 900));
			p = duration + 1;
			duration = NULL;
			continue;
		}
		add(text, p, plain);
		p += plain;
		if (*p)
			expand_one(maker, *p++, text);
	}
}

struct made {
	const struct kind *kind;
	const struct session *session;
	struct text time, message, detail, hint, context, statement;
};

static void put(struct maker *maker, const char *s, size_t len)
{
	fwrite(s, 1, len, stdout);
	maker->written += len;
}

static void put_text(struct maker *maker, const char *s)
{
	put(maker, s, strlen(s));
}

static void put_number(struct maker *maker, int number)
{
	char digits[16];

	put(maker, digits, (size_t)snprintf(digits, sizeof(digits), "%d", number));
}

/* A newline within a text is followed by a TAB (elog.c, append_with_tabs()). */
static void put_stderr(struct maker *maker, const struct made *made, const char *word,
	const struct text *text)
{
	const char *p = text->s, *end = text->s + text->len, *newline;

	put(maker, made->time.s, made->time.len);
	put_text(maker, " UTC [");
	put_number(maker, made->session->pid);
	put_text(maker, "] ");
	if (!made->kind->is_background) {
		put_text(maker, made->session->user);
		put_text(maker, "@");
		put_text(maker, made->session->database);
		put_text(maker, " ");
	}
	put_text(maker, word);
	put_text(maker, ":  ");
	while ((newline = memchr(p, '\n', (size_t)(end - p)))) {
		put(maker, p, (size_t)(newline + 1 - p));
		put_text(maker, "\t");
		p = newline + 1;
	}
	put(maker, p, (size_t)(end - p));
	put_text(maker, "\n");
}

static void write_stderr(struct maker *maker, const struct made *made)
{
	put_stderr(maker, made, made->kind->level, &made->message);
	if (made->detail.len)
		put_stderr(maker, made, "DETAIL", &made->detail);
	if (made->hint.len)
		put_stderr(maker, made, "HINT", &made->hint);
	if (made->context.len)
		put_stderr(maker, made, "CONTEXT", &made->context);
	if (made->statement.len)
		put_stderr(maker, made, "STATEMENT", &made->statement);
}

static void put_csv(struct maker *maker, const char *s, size_t len)
{
	const char *end = s + len;

	if (len) {
		put_text(maker, "\"");
		for (const char *quote; (quote = memchr(s, '"', (size_t)(end - s)));
			s = quote + 1) {
			put(maker, s, (size_t)(quote + 1 - s));
			put_text(maker, "\"");
		}
		put(maker, s, (size_t)(end - s));
		put_text(maker, "\"");
	}
	put_text(maker, ",");
}

static void put_csv_text(struct maker *maker, const char *s)
{
	put_csv(maker, s, strlen(s));
}

static void put_csv_texts(struct maker *maker, const struct made *made)
{
	put_csv(maker, made->message.s, made->message.len);
	put_csv(maker, made->detail.s, made->detail.len);
	put_csv(maker, made->hint.s, made->hint.len);
	put_text(maker, ",,"); /* internal query and position */
	put_csv(maker, made->context.s, made->context.len);
	put_csv(maker, made->statement.s, made->statement.len);
	put_text(maker, made->statement.len ? "8,," : ",,");
}

static long long query_id(const struct maker *maker)
{
	return (long long)((maker->query + 1) * 0x9e3779b97f4a7c15ULL >> 1);
}

static void write_csvlog(struct maker *maker, const struct made *made)
{
	const struct session *session = made->session;
	bool has_session = !made->kind->is_background;
	char some[160];

	put(maker, made->time.s, made->time.len);
	put_text(maker, " UTC,");
	put_csv_text(maker, has_session ? session->user : "");
	put_csv_text(maker, has_session ? session->database : "");
	put_number(maker, session->pid);
	if (has_session)
		snprintf(some, sizeof(some), ",\"10.1.%u.7:%d\",", session->host,
			session->port);
	else
		snprintf(some, sizeof(some), ",,");
	put_text(maker, some);
	snprintf(some, sizeof(some),
		"69570e%02x.%x,%d,\"%s\",2026-01-02 02:00:00 UTC,%d/%d,0,%s,%s,",
		session->host, (unsigned)session->pid, session->lines, made->kind->ps,
		session->pid % 90, session->lines, made->kind->level, made->kind->state);
	put_text(maker, some);
	put_csv_texts(maker, made);
	put_csv_text(maker, has_session ? session->application : "");
	snprintf(some, sizeof(some), "\"%s\",,%lld\n", made->kind->backend_type,
		query_id(maker));
	put_text(maker, some);
}

static void put_json(struct maker *maker, const char *key, const struct text *text)
{
	if (!text->len)
		return;
	put_text(maker, ",\"");
	put_text(maker, key);
	put_text(maker, "\":\"");
	for (const char *p = text->s, *end = p + text->len; p < end;) {
		size_t plain = 0;

		while (p + plain < end && p[plain] != '"' && p[plain] != '\\' &&
			p[plain] != '\n' && p[plain] != '\t')
			plain++;
		put(maker, p, plain);
		p += plain;
		if (p == end)
			break;
		put_text(maker, *p == '\n'   ? "\\n"
				: *p == '\t' ? "\\t"
				: *p == '"'  ? "\\\""
					     : "\\\\");
		p++;
	}
	put_text(maker, "\"");
}

static void write_jsonlog(struct maker *maker, const struct made *made)
{
	const struct session *session = made->session;
	char some[400];

	put_text(maker, "{\"timestamp\":\"");
	put(maker, made->time.s, made->time.len);
	put_text(maker, " UTC\"");
	if (!made->kind->is_background) {
		snprintf(some, sizeof(some),
			",\"user\":\"%s\",\"dbname\":\"%s\",\"pid\":%d,\"remote_host\":\"10.1.%u.7\",\"remote_port\":%d",
			session->user, session->database, session->pid, session->host,
			session->port);
	} else {
		snprintf(some, sizeof(some), ",\"pid\":%d", session->pid);
	}
	put_text(maker, some);
	snprintf(some, sizeof(some),
		",\"session_id\":\"69570e%02x.%x\",\"line_num\":%d,\"ps\":\"%s\",\"session_start\":\"2026-01-02 "
		"02:00:00 UTC\",\"vxid\":\"%d/%d\",\"txid\":0,\"error_severity\":\"%s\"",
		session->host, (unsigned)session->pid, session->lines, made->kind->ps,
		session->pid % 90, session->lines, made->kind->level);
	put_text(maker, some);
	put_json(maker, "message", &made->message);
	put_json(maker, "detail", &made->detail);
	put_json(maker, "hint", &made->hint);
	put_json(maker, "context", &made->context);
	put_json(maker, "statement", &made->statement);
	snprintf(some, sizeof(some),
		",\"application_name\":\"%s\",\"backend_type\":\"%s\",\"query_id\":%lld}\n",
		session->application, made->kind->backend_type, query_id(maker));
	put_text(maker, some);
}

static void begin_session(struct maker *maker, struct session *session)
{
	static const char *const users[] = { "shop", "billing", "reporting", "web" };
	static const char *const applications[] = { "shop-web", "psql", "billing worker",
		"PostgreSQL JDBC Driver", "" };

	session->pid = 1000 + (int)below(maker, 60000);
	session->port = 32768 + (int)below(maker, 28000);
	session->host = (unsigned)below(maker, 256);
	session->lines = 0;
	session->user = users[below(maker, LENGTH(users))];
	session->database = "shop";
	session->application = applications[below(maker, LENGTH(applications))];
}

static const struct kind *choose(struct maker *maker)
{
	uint64_t total = 0, at;
	size_t i = 0;

	for (size_t n = 0; n < kinds_count; n++)
		total += (uint64_t)kinds[n].weight;
	at = below(maker, total);
	while (at >= (uint64_t)kinds[i].weight)
		at -= (uint64_t)kinds[i++].weight;
	return &kinds[i];
}

static void make_entry(struct maker *maker, struct made *made)
{
	struct session *session = &maker->sessions[below(maker, SESSIONS)];
	const struct kind *kind = choose(maker);

	if (below(maker, 200) == 0)
		begin_session(maker, session);
	session->lines++;
	maker->now_us += (int64_t)below(maker, 2000);
	made->kind = kind;
	made->session = session;
	made->time.len = made->message.len = made->detail.len = made->hint.len =
		made->context.len = 0;
	made->statement.len = 0;
	add_time(&made->time, maker->now_us);
	expand(maker, kind->message, &made->message);
	if (kind->detail)
		expand(maker, kind->detail, &made->detail);
	if (kind->hint)
		expand(maker, kind->hint, &made->hint);
	if (kind->context)
		expand(maker, kind->context, &made->context);
	if (kind->has_statement)
		expand(maker, "$", &made->statement);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(struct maker *maker, const struct made *made);
	} formats[] = { { "stderr", write_stderr }, { "csvlog", write_csvlog },
		{ "jsonlog", write_jsonlog } };
	static struct maker maker = { .chance = 88172645463325252ULL,
		.now_us = 1767322800000000 };
	static struct made made;
	unsigned long long size;
	size_t format = 0;

	while (argc == 3 && format < LENGTH(formats) &&
		strcmp(argv[1], formats[format].name) != 0)
		format++;
	if (argc != 3 || format == LENGTH(formats)) {
		fprintf(stderr, "usage: make_log stderr|csvlog|jsonlog BYTES\n");
		return 64;
	}
	size = strtoull(argv[2], NULL, 10);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	for (int i = 0; i < SESSIONS; i++)
		begin_session(&maker, &maker.sessions[i]);
	while (maker.written < size) {
		make_entry(&maker, &made);
		formats[format].write(&maker, &made);
		maker.entries++;
	}
	fprintf(stderr, "%zu\n", maker.entries);
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
