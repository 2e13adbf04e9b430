/*
 * pg-forward --test: the way to the listener, by one request that stores nothing. A line each for
 * the address, the name, the connection, the certificate, the key and the clock, as far as it came.
 */
#ifndef FORWARDER_CHECK_LISTENER_H
#define FORWARDER_CHECK_LISTENER_H

#include "checklist.h"
#include "config.h"

/* The configuration is known to be fit (listener_check()). key NULL: there is none; then the
 * answer does not count. */
void check_listener(struct checklist *list, const struct config *config, const char *key);

#endif
