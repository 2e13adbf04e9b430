#include "quoted_secret.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BASE64_MIN 6 /* a shorter piece may stand anywhere by chance */

static const struct {
	const char *name;
	char c;
} references[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' },
	{ "&apos;", '\'' } };

/* "&#43;" or "&#x2B;" at text; returns its length, 0 when it is none. */
static size_t numeric_reference(const char *text, char *ret)
{
	bool hex = text[1] == '#' && (text[2] == 'x' || text[2] == 'X');
	const char *digits = text + (hex ? 3 : 2);
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (text[1] != '#' || n == 0 || n > 7 || digits[n] != ';')
		return 0;
	*ret = (char)strtol(digits, NULL, hex ? 16 : 10);
	return (size_t)(digits - text) + n + 1;
}

/* What text stands for at its beginning; returns how much of it that took. */
static size_t decode_one(const char *text, char *ret)
{
	char digits[3] = { 0 };

	*ret = *text;
	if (*text == '%' && strspn(text + 1, "0123456789abcdefABCDEF") >= 2) {
		memcpy(digits, text + 1, 2);
		*ret = (char)strtol(digits, NULL, 16);
		return 3;
	}
	if (*text != '&')
		return 1;
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		size_t len = strlen(references[i].name);

		if (strncmp(text, references[i].name, len) == 0) {
			*ret = references[i].c;
			return len;
		}
	}
	return numeric_reference(text, ret) ? numeric_reference(text, ret) : 1;
}

/* In a copy that the caller frees; what decodes to NUL is left out. */
static char *decoded(const char *text)
{
	char *copy = malloc(strlen(text) + 1);
	size_t n = 0;

	while (copy && *text) {
		text += decode_one(text, &copy[n]);
		n += copy[n] != '\0';
	}
	if (copy)
		copy[n] = '\0';
	return copy;
}

/* The characters of base64 that depend on bytes alone when `before` others precede them. */
static void base64_piece(const char *bytes, size_t len, size_t before, char *ret)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t from = (before * 8 + 5) / 6, to = (before + len) * 8 / 6;

	for (size_t i = from; i < to; i++) {
		unsigned value = 0;

		for (size_t bit = i * 6; bit < i * 6 + 6; bit++)
			value = value * 2 + (((unsigned char)bytes[bit / 8 - before] >>
						     (7 - bit % 8)) &
						    1);
		*ret++ = alphabet[value];
	}
	*ret = '\0';
}

static bool holds_base64(const char *text, const char *secret)
{
	size_t len = strlen(secret);
	char *piece = malloc(len * 2 + 2), *standard = strdup(text);
	bool found = !piece || !standard;

	for (char *c = standard; c && *c; c++)
		*c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
	for (size_t before = 0; !found && before < 3; before++) {
		base64_piece(secret, len, before, piece);
		found = strlen(piece) >= BASE64_MIN && strstr(standard, piece);
	}
	if (piece)
		explicit_bzero(piece, strlen(piece));
	free(piece);
	free(standard);
	return found;
}

bool quoted_secret(const char *text, const char *secret)
{
	char *text_decoded = decoded(text), *bare = decoded(secret);
	bool found = !text_decoded || !bare;

	if (!found && *bare)
		found = strstr(text, bare) || strstr(text_decoded, secret) ||
			strstr(text_decoded, bare) || holds_base64(text, secret) ||
			holds_base64(text_decoded, secret) || holds_base64(text, bare);
	if (bare)
		explicit_bzero(bare, strlen(bare));
	free(bare);
	free(text_decoded);
	return found;
}
