/*
 * What an answer means for the payload and for the breaker. Pure.
 */
#ifndef FORWARDER_VERDICT_H
#define FORWARDER_VERDICT_H

#include <stdbool.h>

struct answer {
	int status;      /* HTTP status, 0 when no whole header came back */
	bool html;       /* Content-Type: text/html, a captive portal's page */
	bool compressed; /* the request had a Content-Encoding */
};

enum verdict {
	VERDICT_DELIVERED,    /* delete the file */
	VERDICT_FAILURE,      /* keep it; a failure for the breaker */
	VERDICT_ENDPOINT,     /* keep it; the endpoint or the key is wrong; a failure */
	VERDICT_WAIT,         /* keep it; neither failure nor success */
	VERDICT_UNCOMPRESSED, /* keep it; switch compression off and send again */
	VERDICT_REJECT, /* this payload never will be taken; the endpoint is alive */
};

enum verdict verdict_of(const struct answer *answer);

#endif
