/*
 * A URL's parts, read strictly: what another reader could take otherwise is no URL here. Pure.
 */
#ifndef FORWARDER_URL_H
#define FORWARDER_URL_H

#include <stdbool.h>

struct url {
	char scheme[16]; /* lower-cased; the preset where the text has none */
	bool has_user;   /* something stood before an '@' */
	char password
		[256];  /* as written, percent-encoded or not; "" when there is none */
	char host[256]; /* a name, an IPv4 address, or an IPv6 address in brackets */
	int port;       /* 0 when none is given */
	char path[512]; /* with its slash, without query and fragment; cut when longer */
};

/* preset: the scheme of a text without one, NULL where that makes it no URL. */
bool url_parse(const char *text, const char *preset, struct url *ret);

/* "localhost", 127.0.0.0/8 or [::1]. */
bool url_is_loopback(const struct url *url);

/* Replaces %XX by the byte it stands for, in place. */
void url_decode(char *text);

#endif
