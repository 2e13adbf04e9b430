#include "json_write.h"

#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json_check.h"
#include "json_escape.h"
#include "utf8.h"

/* So much of a text is escaped apart, where the buffer has no room for what it might become. */
#define CHUNK_BYTES ((size_t)1024)
/* U+FFFD */
#define REPLACEMENT "\xef\xbf\xbd"

void json_begin(struct json *json, struct buf *buf)
{
	*json = (struct json){ .buf = buf };
}

/* Room for n more bytes, to be written with put() and the like. */
static inline char *room(struct buf *buf, size_t n)
{
	if (buf->size - buf->len <= n && !buf_reserve(buf, n))
		return NULL;
	return buf->failed ? NULL : buf->data + buf->len;
}

static inline void took(struct buf *buf, const char *end)
{
	buf->len = (size_t)(end - buf->data);
	buf->data[buf->len] = '\0';
}

static inline char *put_comma(struct json *json, char *at)
{
	*at = ',';
	at += json->comma;
	json->comma = true;
	return at;
}

static void add(struct json *json, const char *s, size_t len)
{
	char *at = room(json->buf, len + json->comma);

	if (!at)
		return;
	at = put_comma(json, at);
	memcpy(at, s, len);
	took(json->buf, at + len);
}

static void open_level(struct json *json, char opening, char closing)
{
	if (json->depth == JSON_DEPTH_MAX) {
		json->buf->failed = true;
		return;
	}
	add(json, &opening, 1);
	json->closing[json->depth++] = closing;
	json->comma = false;
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
	size_t len = strlen(name);
	char *at = room(json->buf, len + 3 + json->comma);

	if (!at)
		return;
	at = put_comma(json, at);
	*at++ = '"';
	memcpy(at, name, len);
	memcpy(at + len, "\":", 2);
	took(json->buf, at + len + 2);
	json->comma = false;
}

/* A control character, a quote or a backslash. */
static inline char *put_ascii(char *at, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[128] = {
		['\n'] = 'n', ['\t'] = 't', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
	};

	at[0] = '\\';
	at[1] = letters[c];
	if (letters[c])
		return at + 2;
	if (c == '\0') {
		memcpy(at, REPLACEMENT, 3);
		return at + 3;
	}
	memcpy(at + 1, "u00", 3);
	at[4] = hex[c >> 4];
	at[5] = hex[c & 15];
	return at + 6;
}

static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static inline bool is_tail(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* utf8_step(), quick about the characters most alphabets are made of. */
static inline size_t step_at(const char *s, size_t len, size_t *ret_bad)
{
	unsigned char c = (unsigned char)*s;

	if (c >= 0xc2 && c <= 0xdf && len >= 2 && is_tail(s[1]))
		return 2;
	if (c >= 0xe1 && c <= 0xec && len >= 3 && is_tail(s[1]) && is_tail(s[2]))
		return 3;
	return utf8_step(s, len, ret_bad);
}

/* The characters that are not plain, up to the next one that is. */
static struct json_place put_special(char *at, const char *s, const char *end)
{
	do {
		size_t bad, step;

		if ((signed char)*s >= 0) {
			at = put_ascii(at, (unsigned char)*s++);
			continue;
		}
		step = step_at(s, (size_t)(end - s), &bad);
		if (step > 0) {
			for (size_t i = 0; i < step; i++)
				*at++ = s[i];
		} else {
			memcpy(at, REPLACEMENT, 3);
			at += 3;
			step = bad;
		}
		s += step;
	} while (s < end && !is_plain((unsigned char)*s));
	return (struct json_place){ at, s };
}

/* Copies up to 32 plain bytes, those before `stop`, and perhaps some of what is behind them. */
static inline char *put_plain(char *at, const char *s, const char *stop, const char *end)
{
	size_t n = (size_t)(stop - s);
	chars16 bytes;

	if (end - s >= 2 * CHARS16) {
		memcpy(at, s, 2 * CHARS16);
		return at + n;
	}
	for (; n >= CHARS16; n -= CHARS16, s += CHARS16, at += CHARS16)
		memcpy(at, s, CHARS16);
	bytes = chars16_load_part(s, n);
	memcpy(at, &bytes, CHARS16);
	return at + n;
}

struct json_place json_escape_marked(
	char *at, const char *s, size_t n, const char *end, uint32_t marks)
{
	const char *from = s;

	for (; marks > 0; marks &= marks - 1) {
		const char *special = s + __builtin_ctz(marks);

		at = put_plain(at, from, special, end);
		if ((signed char)*special < 0)
			return put_special(at, special, end);
		at = put_ascii(at, (unsigned char)*special);
		from = special + 1;
	}
	return (struct json_place){ put_plain(at, from, s + n, end), s + n };
}

char *json_put_text(char *at, const char *s, size_t len)
{
	return json_escape(at, s, len, NULL, NULL);
}

/* Where to part a text of more than n bytes so that no character is: up to three bytes before n. */
static size_t part_at(const char *s, size_t n)
{
	for (size_t back = 0; back <= 3; back++)
		if (!is_tail(s[n - back]))
			return n - back;
	return n;
}

/* The next chunk of s, escaped into ret. Its bytes, and in *ret_len those it becomes. */
static size_t escape_chunk(
	const char *s, size_t len, char ret[JSON_TEXT_ROOM(CHUNK_BYTES)], size_t *ret_len)
{
	size_t n = len > CHUNK_BYTES ? part_at(s, CHUNK_BYTES) : len;

	*ret_len = (size_t)(json_put_text(ret, s, n) - ret);
	return n;
}

void json_add_text(struct buf *buf, const char *s, size_t len)
{
	char chunk[JSON_TEXT_ROOM(CHUNK_BYTES)];
	size_t escaped;

	if (!buf->failed && len < SIZE_MAX / 8 &&
		JSON_TEXT_ROOM(len) < buf->size - buf->len) {
		took(buf, json_put_text(buf->data + buf->len, s, len));
		return;
	}
	for (size_t at = 0; at < len && !buf->failed;) {
		at += escape_chunk(s + at, len - at, chunk, &escaped);
		buf_add(buf, chunk, escaped);
	}
}

size_t json_text_bytes(const char *s, size_t len)
{
	char chunk[JSON_TEXT_ROOM(CHUNK_BYTES)];
	size_t total = 0, escaped;

	for (size_t at = 0; at < len; total += escaped)
		at += escape_chunk(s + at, len - at, chunk, &escaped);
	return total;
}

size_t json_text_prefix(const char *s, size_t len, size_t max_bytes)
{
	char chunk[JSON_TEXT_ROOM(CHUNK_BYTES)];
	size_t at = 0, escaped;

	while (at < len) {
		size_t n = escape_chunk(s + at, len - at, chunk, &escaped);

		if (escaped > max_bytes)
			break;
		max_bytes -= escaped;
		at += n;
	}
	while (at < len) {
		size_t bad, step = utf8_step(s + at, len - at, &bad);

		if (step == 0)
			step = bad;
		escaped = (size_t)(json_put_text(chunk, s + at, step) - chunk);
		if (escaped > max_bytes)
			break;
		max_bytes -= escaped;
		at += step;
	}
	return at;
}

void json_text(struct json *json, const char *s, size_t len, size_t max_chars)
{
	size_t keep = len > max_chars ? utf8_prefix(s, len, max_chars) : len;

	add(json, "\"", 1);
	json_add_text(json->buf, s, keep);
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

/* Eight digits, all at once: halves, then pairs, then each, the first one's byte the lowest. */
static inline uint64_t eight_digits(uint32_t value)
{
	uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32, pairs, hundreds,
		 tens;

	hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007f0000007f);
	pairs = hundreds | (fours - 100 * hundreds) << 16;
	tens = (pairs * 103 >> 10) & UINT64_C(0x000f000f000f000f);
	return tens | (pairs - 10 * tens) << 8;
}

/* What has up to eight digits; it writes eight bytes. */
static inline char *put_short_uint(char *at, uint32_t value)
{
	uint64_t digits = eight_digits(value);
	/* The last one stays. */
	unsigned zeros = (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8;

	digits = htole64((digits | UINT64_C(0x3030303030303030)) >> 8 * zeros);
	memcpy(at, &digits, sizeof(digits));
	return at + 8 - zeros;
}

char *json_put_uint(char *at, uint64_t value)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	char digits[2 * JSON_UINT_ROOM];
	size_t n = JSON_UINT_ROOM;

	if (value < 100000000)
		return put_short_uint(at, (uint32_t)value);
	for (; value >= 10; value /= 100)
		memcpy(digits + (n -= 2), pairs + 2 * (value % 100), 2);
	if (value > 0 || n == JSON_UINT_ROOM)
		digits[--n] = (char)('0' + value);
	memcpy(at, digits + n, JSON_UINT_ROOM); /* of a fixed length: quick */
	return at + JSON_UINT_ROOM - n;
}

static void add_integer(struct json *json, bool negative, uint64_t magnitude)
{
	char text[1 + JSON_UINT_ROOM] = "-", *end;

	end = json_put_uint(text + negative, magnitude);
	add(json, text, (size_t)(end - text));
}

void json_int(struct json *json, int64_t value)
{
	add_integer(json, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *json, uint64_t value)
{
	add_integer(json, false, value);
}

void json_known_uint(struct json *json, const char *name, bool known, uint64_t value)
{
	json_key(json, name);
	if (known)
		json_uint(json, value);
	else
		json_null(json);
}

void json_decimal(struct json *json, double value, int decimals)
{
	if (!isfinite(value)) {
		json_null(json);
		return;
	}
	add(json, "", 0);
	buf_addf(json->buf, "%.*f", decimals, value);
}

void json_seconds(struct json *json, int64_t us)
{
	add(json, "", 0);
	buf_addf(json->buf, "%s%" PRId64 ".%06" PRId64, us < 0 ? "-" : "",
		us < 0 ? -(us / 1000000) : us / 1000000,
		us < 0 ? -(us % 1000000) : us % 1000000);
}

static size_t digits_at(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

/* RFC 8259's grammar of a number. */
bool json_is_number(const char *s, size_t len)
{
	size_t at = len > 0 && s[0] == '-', n = digits_at(s + at, len - at);

	if (n == 0 || (n > 1 && s[at] == '0'))
		return false;
	at += n;
	if (at < len && s[at] == '.') {
		n = digits_at(s + at + 1, len - at - 1);
		if (n == 0)
			return false;
		at += n + 1;
	}
	if (at < len && (s[at] == 'e' || s[at] == 'E')) {
		at++;
		at += at < len && (s[at] == '+' || s[at] == '-');
		n = digits_at(s + at, len - at);
		if (n == 0)
			return false;
		at += n;
	}
	return at == len;
}

void json_number_text(struct json *json, const char *s)
{
	size_t len = strlen(s);

	if (json_is_number(s, len))
		add(json, s, len);
	else
		json_null(json);
}

void json_object_text(struct json *json, const char *s, size_t len)
{
	if (!json_check_object(s, len, NULL))
		add(json, s, len);
	else
		json_null(json);
}

void json_bool(struct json *json, bool value)
{
	if (value)
		add(json, "true", 4);
	else
		add(json, "false", 5);
}

void json_null(struct json *json)
{
	add(json, "null", 4);
}
