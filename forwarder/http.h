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
#include <stdint.h>

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

enum http_failure {
	HTTP_NONE,
	HTTP_NO_NAME,       /* the listener's name was not found */
	HTTP_NO_PROXY_NAME, /* the proxy's */
	HTTP_BAD_TLS,
	HTTP_OTHER
};

/* How far a request came, for people; trace.h reads it. Texts are as they came. */
struct http_trace {
	enum http_failure failure;
	/* Seconds from the start until it was so far, 0: it was not. */
	double looked_up_s, connected_s, tls_s, sent_s, answered_s, ended_s;
	int64_t wall_ended_us;
	char address[64]; /* whom it was connected to */
	int port;
	long verify; /* OpenSSL's verdict on the certificate, X509_STORE_CTX_get_error(3); 0: good */
	char issuer[256], subject[256], expires[64]; /* of the listener's certificate */
	char date[128];                              /* of the answer */
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

/* From now on each result also tells how its request went, into *trace, the caller's. */
void http_set_trace(struct http *http, struct http_trace *trace);

/* Ends a request whose status is known though its answer's body still comes; false: none is so. */
bool http_next_decided(struct http *http, struct http_result *ret);

#endif
