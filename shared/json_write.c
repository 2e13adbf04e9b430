#include "json_write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "utf8.h"

void json_begin(struct json *json, struct buf *buf)
{
	*json = (struct json){ .buf = buf };
}

static void separate(struct json *json)
{
	if (json->comma)
		buf_addc(json->buf, ',');
	json->comma = true;
}

static void open_level(struct json *json, char opening, char closing)
{
	separate(json);
	if (json->depth == JSON_DEPTH_MAX) {
		json->buf->failed = true;
		return;
	}
	json->closing[json->depth++] = closing;
	json->comma = false;
	buf_addc(json->buf, opening);
}

void json_object(struct json *json)
{
	open_level(json, '{', '}');
}

void json_array(struct json *json)
{
	open_level(json, '[', ']');
}

void json_end(struct json *json)
{
	if (json->depth == 0) {
		json->buf->failed = true;
		return;
	}
	buf_addc(json->buf, json->closing[--json->depth]);
	json->comma = true;
}

void json_key(struct json *json, const char *name)
{
	separate(json);
	buf_addc(json->buf, '"');
	buf_adds(json->buf, name);
	buf_add(json->buf, "\":", 2);
	json->comma = false;
}

static void add_control(struct buf *buf, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	switch (c) {
	case '\n':
		buf_add(buf, "\\n", 2);
		break;
	case '\t':
		buf_add(buf, "\\t", 2);
		break;
	case '\r':
		buf_add(buf, "\\r", 2);
		break;
	case '"':
		buf_add(buf, "\\\"", 2);
		break;
	case '\\':
		buf_add(buf, "\\\\", 2);
		break;
	default:
		buf_add(buf,
			(const char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] },
			6);
	}
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_escaped(struct buf *buf, const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t run = at, step, bad;

		while (run < len && is_plain((unsigned char)s[run]))
			run++;
		buf_add(buf, s + at, run - at);
		at = run;
		if (at == len)
			break;
		step = utf8_step(s + at, len - at, &bad);
		if (step == 1)
			add_control(buf, (unsigned char)s[at]);
		else if (step > 1)
			buf_add(buf, s + at, step);
		else
			buf_add(buf, "\xef\xbf\xbd", 3);
		at += step ? step : bad;
	}
}

void json_text(struct json *json, const char *s, size_t len, size_t max_chars)
{
	size_t keep = len > max_chars ? utf8_prefix(s, len, max_chars) : len;

	separate(json);
	buf_addc(json->buf, '"');
	add_escaped(json->buf, s, keep);
	if (keep < len)
		buf_adds(json->buf, JSON_TRUNCATED);
	buf_addc(json->buf, '"');
}

void json_string(struct json *json, const char *s)
{
	if (s)
		json_text(json, s, strlen(s), JSON_NO_LIMIT);
	else
		json_null(json);
}

void json_int(struct json *json, int64_t value)
{
	separate(json);
	buf_addf(json->buf, "%" PRId64, value);
}

void json_uint(struct json *json, uint64_t value)
{
	separate(json);
	buf_addf(json->buf, "%" PRIu64, value);
}

void json_decimal(struct json *json, double value, int decimals)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	separate(json);
	buf_addf(json->buf, "%.*f", decimals, value);
}

void json_seconds(struct json *json, int64_t us)
{
	separate(json);
	buf_addf(json->buf, "%s%" PRId64 ".%06" PRId64, us < 0 ? "-" : "",
		us < 0 ? -(us / 1000000) : us / 1000000,
		us < 0 ? -(us % 1000000) : us % 1000000);
}

/* RFC 8259's grammar of a number. */
static bool is_number(const char *s)
{
	s += *s == '-';
	if (*s == '0')
		s++;
	else if (*s >= '1' && *s <= '9')
		s += strspn(s, "0123456789");
	else
		return false;
	if (*s == '.') {
		size_t digits = strspn(++s, "0123456789");

		if (digits == 0)
			return false;
		s += digits;
	}
	if (*s == 'e' || *s == 'E') {
		size_t digits;

		s++;
		s += *s == '+' || *s == '-';
		digits = strspn(s, "0123456789");
		if (digits == 0)
			return false;
		s += digits;
	}
	return *s == '\0';
}

void json_number_text(struct json *json, const char *s)
{
	if (!is_number(s)) {
		json_null(json);
		return;
	}
	separate(json);
	buf_adds(json->buf, s);
}

void json_bool(struct json *json, bool value)
{
	separate(json);
	buf_adds(json->buf, value ? "true" : "false");
}

void json_null(struct json *json)
{
	separate(json);
	buf_add(json->buf, "null", 4);
}
