/*
 * Requests to the listener: the only user of libcurl, by its multi interface, in one thread.
 *
 * Redirects are not followed, netrc and the environment's proxy variables are not read, TLS is
 * always verified. Answers are bounded: 64 KiB of header, 64 KiB of body; the status decides once
 * the header is complete, whatever becomes of the body. Texts of answers and errors are one
 * printable line without the secrets this file knows.
 *
 * Ownership: http_open() allocates; http_close() ends what is in flight, frees, accepts NULL.
 */
#ifndef FORWARDER_HTTP_H
#define FORWARDER_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "err.h"

struct http;

struct http_result {
	void *owner; /* as given to http_post() */
	int status;  /* 0 when no whole header came */
	bool html;
	double retry_after_s; /* negative: none */
	char text[256];       /* what went wrong, or the beginning of the answer's body */
};

int http_open(const struct config *config, const char *api_key, struct http **ret_http,
	struct err *err);
void http_close(struct http *http);

/* A new key for the requests to come. Returns true when it differs from the one before. */
bool http_set_key(struct http *http, const char *api_key);

/*
 * Begins a POST; at most listener.max_in_flight may run at once. body must stay until its result.
 * encoding NULL: none. id: the Idempotency-Key's second half, the file's name without suffix.
 */
int http_post(struct http *http, const char *id, const void *body, size_t len,
	const char *encoding, void *owner, struct err *err);

/* Drives requests, waiting at most timeout_s for something to happen; fds are watched as well. */
int http_wait(struct http *http, struct pollfd *fds, unsigned fds_count, double timeout_s,
	struct err *err);

/* The next finished request; false when there is none. */
bool http_next_result(struct http *http, struct http_result *ret);

/* Ends a request whose status is known though its answer's body still comes; false: none is so. */
bool http_next_decided(struct http *http, struct http_result *ret);

#endif
