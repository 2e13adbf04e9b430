/*
 * The listener as the configuration describes it.
 */
#ifndef FORWARDER_LISTENER_H
#define FORWARDER_LISTENER_H

#include <stddef.h>

#include "config.h"
#include "err.h"

/*
 * May requests be made with this configuration? ERR_CONFIG when listener.url is malformed, carries a
 * user or password, or is plain http:// to another host without listener.allow_plain_http; when the
 * proxy is none; or when a certificate file can't be read.
 */
int listener_check(const struct config *config, struct err *err);

/* The API key, for config_secret_free(). ERR_CONFIG when there is none. */
int listener_key(const struct config *config, char **ret_key, struct err *err);

/* How to put a key where the unit or this very run finds it, as a command. At most size bytes into ret. */
void listener_key_mend(const struct config *config, char *ret, size_t size);

/* scheme://host:port/path, without a query, for messages. */
void listener_display(const struct config *config, char *ret, size_t size);

/* The proxy's password, decoded, for the caller to free; NULL when there is none. */
char *listener_proxy_password(const struct config *config);

#endif
