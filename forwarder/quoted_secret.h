/*
 * Does an answer quote a secret in other clothes? Pure.
 */
#ifndef FORWARDER_QUOTED_SECRET_H
#define FORWARDER_QUOTED_SECRET_H

#include <stdbool.h>

/*
 * True when text holds secret percent-encoded (RFC 3986), with HTML's character references, or
 * within something in base64 (RFC 4648, both alphabets), as error pages and proxies repeat
 * headers; also when there is no memory to tell.
 */
bool quoted_secret(const char *text, const char *secret);

#endif
