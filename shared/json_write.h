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

/* A member: the number where it is known, else null. */
void json_known_uint(struct json *json, const char *name, bool known, uint64_t value);

/* Fixed decimals (0-6); NaN and infinities become null. */
void json_decimal(struct json *json, double value, int decimals);

/* Microseconds as seconds with six decimals, exact. */
void json_seconds(struct json *json, int64_t us);

/* A number in the server's own digits, null where JSON has no such number (NaN, Infinity). */
void json_number_text(struct json *json, const char *s);

/* An object that is JSON already, such as the database writes; null where it is none. */
void json_object_text(struct json *json, const char *s, size_t len);

void json_bool(struct json *json, bool value);
void json_null(struct json *json);

/* Is s a number as JSON writes them? */
bool json_is_number(const char *s, size_t len);

/*
 * Without a struct json, for who streams many small objects: the inside of a string, escaped and
 * repaired as json_text() does it, and digits. The caller of json_put_… has made room at `at`
 * (JSON_TEXT_ROOM(len) bytes, JSON_UINT_ROOM) and goes on at what it returns; the bytes of the room
 * after that may have changed.
 */
#define JSON_TEXT_ROOM(len) (6 * (len) + 16)
#define JSON_UINT_ROOM 20
char *json_put_text(char *at, const char *s, size_t len);
char *json_put_uint(char *at, uint64_t value);
void json_add_text(struct buf *buf, const char *s, size_t len);

/* How many bytes that makes of s; and how many bytes of s, in whole characters, make at most
 * max_bytes. */
size_t json_text_bytes(const char *s, size_t len);
size_t json_text_prefix(const char *s, size_t len, size_t max_bytes);

#endif
