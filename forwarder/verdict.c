#include "verdict.h"

static enum verdict of_4xx(const struct answer *answer)
{
	switch (answer->status) {
	case 401:
	case 403:
	case 404:
	case 405:
		return VERDICT_ENDPOINT;
	case 407: /* the proxy, not the listener */
	case 408:
	case 409:
	case 421:
	case 425:
	case 431: /* our headers, not this payload */
		return VERDICT_FAILURE;
	case 415:
		return answer->compressed ? VERDICT_UNCOMPRESSED : VERDICT_REJECT;
	case 429:
		return VERDICT_WAIT;
	default:
		return VERDICT_REJECT;
	}
}

enum verdict verdict_of(const struct answer *answer)
{
	if (answer->status >= 200 && answer->status <= 204)
		return answer->html ? VERDICT_FAILURE : VERDICT_DELIVERED;
	if (answer->status >= 300 && answer->status <= 399)
		return VERDICT_ENDPOINT;
	if (answer->status >= 400 && answer->status <= 499)
		return of_4xx(answer);
	return VERDICT_FAILURE;
}
