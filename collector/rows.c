#include "rows.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define TEXT_MAX_BYTES ((size_t)4 << 20)

/* Of pg_type.dat: fixed in every version. */
enum type_oid {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_OID = 26,
	OID_XID = 28,
	OID_JSON = 114,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_TIMESTAMPTZ = 1184,
	OID_NUMERIC = 1700,
	OID_XID8 = 5069
};

void rows_init(struct rows *rows, const PGresult *result, enum redact_mode redact)
{
	*rows = (struct rows){ .result = result, .redact = redact };
	buf_init(&rows->raw, TEXT_MAX_BYTES);
	buf_init(&rows->clean, TEXT_MAX_BYTES);
}

void rows_release(struct rows *rows)
{
	buf_release(&rows->raw);
	buf_release(&rows->clean);
}

int rows_column(const struct rows *rows, const char *name)
{
	return PQfnumber(rows->result, name);
}

const char *rows_text(const struct rows *rows, int row, int column)
{
	return column < 0 ? "" : PQgetvalue(rows->result, row, column);
}

double rows_number(const struct rows *rows, int row, int column)
{
	return strtod(rows_text(rows, row, column), NULL);
}

bool rows_is_float(const struct rows *rows, int column)
{
	Oid type = PQftype(rows->result, column);

	return type == OID_FLOAT4 || type == OID_FLOAT8;
}

/* Where "YYYY-MM-DD HH:MM:SS" stands; longer years are the server's right. */
static bool is_time(const char *text, size_t date)
{
	static const char shape[] = " 00:00:00";

	if (date < 10 || text[date - 3] != '-' || text[date - 6] != '-')
		return false;
	for (size_t i = 0; shape[i]; i++) {
		char c = text[date + i];

		if (shape[i] == '0' ? !isdigit((unsigned char)c) : c != shape[i])
			return false;
	}
	return true;
}

bool rows_iso_time(const char *text, char *ret, size_t size)
{
	size_t len = strlen(text), date = strcspn(text, " ");

	if (len < 3 || len + 4 > size || !is_time(text, date))
		return false;
	/* With TimeZone UTC the offset is "+00"; a year BC ends in " BC". */
	if (strcmp(text + len - 3, "+00") != 0)
		return false;
	snprintf(ret, size, "%s:00", text);
	ret[date] = 'T';
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool rows_bytes(const char *text, struct buf *out)
{
	size_t len = strlen(text);

	if (len < 2 || len % 2 != 0 || text[0] != '\\' || text[1] != 'x' ||
		!buf_reserve(out, len / 2))
		return false;
	for (size_t i = 2; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		buf_addc(out, (char)(high << 4 | low));
	}
	return true;
}

/* Without a last character of which only the first bytes are there. */
static size_t whole_characters(const char *text, size_t len)
{
	for (size_t n = 1; n <= 3 && n <= len; n++) {
		size_t bad;

		if (((unsigned char)text[len - n] & 0xc0) != 0x80)
			return utf8_step(text + len - n, n, &bad) == 0 ? len - n : len;
	}
	return len;
}

bool rows_clean_sql(enum redact_mode mode, const char *sql, size_t len, size_t text_max,
	struct buf *out)
{
	bool cut;

	/* One pass less over what can't be too long. */
	cut = mode != REDACT_STATEMENTS && len > text_max &&
	      utf8_prefix(sql, len, text_max) < len;
	/* The server may have cut it anywhere, and what is masked lets its end be seen. */
	if (cut)
		len = whole_characters(sql, len);
	buf_clear(out);
	redact_sql(mode, sql, len, out);
	if (out->failed)
		return false;
	if (cut || utf8_prefix(out->data, out->len, text_max) < out->len) {
		out->len = utf8_prefix(out->data, out->len, text_max);
		buf_adds(out, JSON_TRUNCATED);
	}
	return !out->failed;
}

void rows_sql_text(struct json *json, enum redact_mode mode, const char *sql, size_t len,
	size_t text_max, struct buf *out)
{
	if (rows_clean_sql(mode, sql, len, text_max, out))
		json_text(json, out->data, out->len, JSON_NO_LIMIT);
	else
		json_null(json);
}

static bool is_sql(const char *name)
{
	size_t len = strlen(name);

	return strcmp(name, "query") == 0 ||
	       (len > 6 && strcmp(name + len - 6, "_query") == 0);
}

static void add_text(struct json *json, struct rows *rows, const char *name,
	const char *text, size_t len, size_t text_max)
{
	if (is_sql(name))
		rows_sql_text(json, rows->redact, text, len, text_max, &rows->clean);
	else
		json_text(json, text, len, JSON_NO_LIMIT);
}

static void add_time(struct json *json, const char *text)
{
	char iso[64];

	json_string(json, rows_iso_time(text, iso, sizeof(iso)) ? iso : NULL);
}

static void add_value(
	struct json *json, struct rows *rows, int row, int column, size_t text_max)
{
	const char *name = PQfname(rows->result, column);
	const char *text = PQgetvalue(rows->result, row, column);

	if (PQgetisnull(rows->result, row, column)) {
		json_null(json);
		return;
	}
	switch (PQftype(rows->result, column)) {
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_OID:
	case OID_XID:
	case OID_XID8:
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
		json_number_text(json, text);
		break;
	case OID_BOOL:
		json_bool(json, *text == 't');
		break;
	case OID_TIMESTAMPTZ:
		add_time(json, text);
		break;
	case OID_JSON:
		json_object_text(
			json, text, (size_t)PQgetlength(rows->result, row, column));
		break;
	case OID_BYTEA:
		buf_clear(&rows->raw);
		if (rows_bytes(text, &rows->raw))
			add_text(json, rows, name, rows->raw.data, rows->raw.len,
				text_max);
		else
			json_null(json);
		break;
	default:
		add_text(json, rows, name, text,
			(size_t)PQgetlength(rows->result, row, column), text_max);
	}
}

void rows_part(
	struct json *json, struct rows *rows, int row, int from, int to, size_t text_max)
{
	json_object(json);
	for (int i = from; i < to; i++) {
		const char *name = PQfname(rows->result, i);

		if (*name == '_')
			continue;
		json_key(json, name);
		add_value(json, rows, row, i, text_max);
	}
}

void rows_object(struct json *json, struct rows *rows, int row, size_t text_max)
{
	rows_part(json, rows, row, 0, PQnfields(rows->result), text_max);
}

void rows_list(struct json *json, const char *name, struct rows *rows, size_t text_max)
{
	json_key(json, name);
	if (!rows) {
		json_null(json);
		return;
	}
	json_array(json);
	for (int row = 0; row < PQntuples(rows->result); row++) {
		rows_object(json, rows, row, text_max);
		json_end(json);
	}
	json_end(json);
}

void rows_counts(struct json *json, const char *prefix, const struct rows *rows)
{
	int count = rows ? PQntuples(rows->result) : 0;
	const char *total =
		count > 0 ? rows_text(rows, 0, rows_column(rows, "_total")) : "0";
	char name[64];

	snprintf(name, sizeof(name), "%scount", prefix);
	json_known_uint(json, name, rows != NULL, (uint64_t)count);
	snprintf(name, sizeof(name), "%stotal", prefix);
	json_key(json, name);
	json_number_text(json, rows ? total : "");
}

void rows_member(struct json *json, struct rows *rows, int row, const char *column,
	size_t text_max)
{
	int number = rows ? rows_column(rows, column) : -1;

	json_key(json, *column == '_' ? column + 1 : column);
	if (number >= 0 && row < PQntuples(rows->result))
		add_value(json, rows, row, number, text_max);
	else
		json_null(json);
}
