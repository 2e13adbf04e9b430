/*
 * JSON into a struct buf, in order, without a tree.
 *
 *	struct json j;
 *	json_begin(&j, &buf);
 *	json_object(&j);
 *	json_key(&j, "pid"); json_int(&j, 42);
 *	json_end(&j);
 *
 * It exists because a tree of numbers as doubles loses 64-bit integers, and because server text
 * is any bytes: strings are written as valid UTF-8, invalid sequences and NUL as U+FFFD.
 * Nesting is at most JSON_DEPTH_MAX; misuse (unbalanced ends, too deep) sets buf->failed.
 */
#ifndef SHARED_JSON_WRITE_H
#define SHARED_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define JSON_DEPTH_MAX 32
#define JSON_TRUNCATED "...[truncated]"
#define JSON_NO_LIMIT SIZE_MAX

struct json {
	struct buf *buf;
	unsigned depth;
	bool comma;                   /* the next value needs one */
	char closing[JSON_DEPTH_MAX]; /* '}' or ']' a level */
};

void json_begin(struct json *json, struct buf *buf);

void json_object(struct json *json);
void json_array(struct json *json);
void json_end(struct json *json);

/* name must be plain ASCII without quotes: our own field names. */
void json_key(struct json *json, const char *name);

/* At most max_chars characters; what is cut ends in JSON_TRUNCATED. */
void json_text(struct json *json, const char *s, size_t len, size_t max_chars);

/* A whole C string; NULL becomes null. */
void json_string(struct json *json, const char *s);

void json_int(struct json *json, int64_t value);
void json_uint(struct json *json, uint64_t value);

/* Fixed decimals (0-6); NaN and infinities become null. */
void json_decimal(struct json *json, double value, int decimals);

/* Microseconds as seconds with six decimals, exact. */
void json_seconds(struct json *json, int64_t us);

/* A number in the server's own digits, null where JSON has no such number (NaN, Infinity). */
void json_number_text(struct json *json, const char *s);

void json_bool(struct json *json, bool value);
void json_null(struct json *json);

#endif
