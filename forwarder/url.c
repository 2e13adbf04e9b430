#include "url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool copy(char *ret, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(ret, from, len);
	ret[len] = '\0';
	return true;
}

/* RFC 3986, 3.1; what follows the "://" into *ret_rest. */
static bool take_scheme(
	const char *text, const char *preset, struct url *ret, const char **ret_rest)
{
	const char *mark = strstr(text, "://");

	if (!mark) {
		*ret_rest = text;
		return preset &&
		       copy(ret->scheme, sizeof(ret->scheme), preset, strlen(preset));
	}
	for (const char *c = text; c < mark; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	if (mark == text ||
		!copy(ret->scheme, sizeof(ret->scheme), text, (size_t)(mark - text)))
		return false;
	for (char *c = ret->scheme; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	*ret_rest = mark + 3;
	return true;
}

static bool take_user(const char **at, const char *end, struct url *ret)
{
	const char *mark = memrchr(*at, '@', (size_t)(end - *at)), *colon;

	if (!mark)
		return true;
	ret->has_user = true;
	colon = memchr(*at, ':', (size_t)(mark - *at));
	if (colon && !copy(ret->password, sizeof(ret->password), colon + 1,
			     (size_t)(mark - colon - 1)))
		return false;
	*at = mark + 1;
	return true;
}

static bool is_host(const char *host)
{
	size_t len = strlen(host);
	char six[64];
	struct in6_addr address;

	if (host[0] == '[')
		return host[len - 1] == ']' &&
		       copy(six, sizeof(six), host + 1, len - 2) &&
		       inet_pton(AF_INET6, six, &address) == 1;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)host[i]) && !strchr(".-_", host[i]))
			return false;
	return len > 0;
}

static bool take_host(const char *at, const char *end, struct url *ret)
{
	const char *close = *at == '[' ? memchr(at, ']', (size_t)(end - at)) : NULL;
	const char *colon =
		memchr(close ? close : at, ':', (size_t)(end - (close ? close : at)));
	const char *host_end = colon ? colon : end;
	char *rest;

	if (!copy(ret->host, sizeof(ret->host), at, (size_t)(host_end - at)) ||
		!is_host(ret->host))
		return false;
	if (!colon || colon + 1 == end)
		return true;
	if (!isdigit((unsigned char)colon[1]) || end - colon > 6)
		return false;
	ret->port = (int)strtol(colon + 1, &rest, 10);
	return rest == end && ret->port >= 1 && ret->port <= 65535;
}

bool url_parse(const char *text, const char *preset, struct url *ret)
{
	struct url url = { 0 };
	const char *at, *end;

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '\\')
			return false;
	if (!take_scheme(text, preset, &url, &at))
		return false;
	end = at + strcspn(at, "/?#");
	if (!take_user(&at, end, &url) || !take_host(at, end, &url))
		return false;
	snprintf(url.path, sizeof(url.path), "%.*s", (int)strcspn(end, "?#"), end);
	*ret = url;
	return true;
}

bool url_is_loopback(const struct url *url)
{
	struct in_addr four;

	if (strcasecmp(url->host, "localhost") == 0 || strcmp(url->host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, url->host, &four) == 1 &&
	       ntohl(four.s_addr) >> 24 == 127;
}

static int hex(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

void url_decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0) {
			*to++ = (char)(hex(from[1]) << 4 | hex(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}
