#include "text_redact.h"

#include <ctype.h>
#include <string.h>

#include "password_mask.h"
#include "prose_redact.h"

static size_t skip_space(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len && isspace((unsigned char)s[at]))
		at++;
	return at;
}

static bool starts(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(s, with, n) == 0;
}

static bool is_text_plan(const char *s, size_t len)
{
	size_t at = skip_space(s, len);

	return starts(s + at, len - at, "Query Text: ");
}

static bool put_kept(struct text_redact *how, const char *s, size_t len, bool parameters)
{
	for (size_t i = 0; i < how->kept_count; i++) {
		const struct redacted *kept = &how->kept[i];

		if (kept->s != s || kept->len != len || kept->parameters != parameters)
			continue;
		if (buf_reserve(how->out, kept->out_len))
			buf_add(how->out, how->out->data + kept->out_at, kept->out_len);
		return true;
	}
	return false;
}

static void keep(struct text_redact *how, const char *s, size_t len, size_t out_at,
	bool parameters)
{
	if (how->kept_count < REDACTED_KEPT && !how->out->failed)
		how->kept[how->kept_count++] = (struct redacted){ s, len, out_at,
			how->out->len - out_at, parameters };
}

void text_redact_sql(struct text_redact *how, const char *s, size_t len)
{
	enum redact_mode mode = how->mode;
	size_t out_at = how->out->len;

	if (len == 0 || put_kept(how, s, len, false))
		return;
	/* A plan repeats the statement's password without its name. */
	if (how->strict && mode == REDACT_NONE && is_text_plan(s, len))
		mode = REDACT_LITERALS;
	redact_sql(mode, s, len, how->out);
	keep(how, s, len, out_at, false);
}

void text_redact_opaque(struct text_redact *how, const char *s, size_t len)
{
	if (!how->strict)
		redact_sql(REDACT_NONE, s, len, how->out);
	else if (len > 0)
		buf_adds(how->out, PROSE_MASK);
}

void text_redact_prose(struct text_redact *how, const char *s, size_t len)
{
	if (!how->strict) {
		password_mask(s, len, how->cut, how->out);
		return;
	}
	buf_clear(how->draft);
	password_mask(s, len, how->cut, how->draft);
	prose_redact(how->draft->data, how->draft->len, how->cut, how->out);
	how->out->failed |= how->draft->failed;
}

void text_redact_mixed(struct text_redact *how, const char *s, size_t len)
{
	size_t sql_at = prose_sql_at(s, len);

	text_redact_prose(how, s, sql_at);
	text_redact_sql(how, s + sql_at, len - sql_at);
}

void text_redact_parameters(struct text_redact *how, const char *s, size_t len)
{
	size_t at = skip_space(s, len), out_at = how->out->len;

	if (put_kept(how, s, len, true))
		return;
	if (!how->strict)
		redact_sql(REDACT_NONE, s, len, how->out);
	else if (at < len && s[at] == '$')
		redact_sql(REDACT_LITERALS, s, len, how->out);
	else if (at < len)
		buf_adds(how->out, PROSE_MASK);
	keep(how, s, len, out_at, true);
}

/* "cp:", "rsync: ", "pg_basebackup: ": its length, or 0. */
static size_t program_name(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len &&
		(isalnum((unsigned char)s[at]) || s[at] == '_' || s[at] == '-'))
		at++;
	return at > 0 && at + 1 < len && s[at] == ':' && s[at + 1] == ' ' ? at + 2 : 0;
}

void text_redact_unknown(struct text_redact *how, const char *s, size_t len)
{
	size_t before = how->out->len;

	if (how->mode != REDACT_NONE) {
		buf_add(how->out, s, program_name(s, len));
		buf_adds(how->out, PROSE_MASK);
		return;
	}
	text_redact_prose(how, s, len);
	if (how->out->failed)
		return;
	buf_clear(how->draft);
	buf_add(how->draft, how->out->data + before, how->out->len - before);
	how->out->len = before;
	how->out->failed |= how->draft->failed;
	redact_sql(REDACT_NONE, how->draft->data, how->draft->len, how->out);
}
