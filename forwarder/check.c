#include "check.h"

#include <stdio.h>

#include "checklist.h"
#include "clock.h"
#include "forward_state.h"
#include "http.h"
#include "listener.h"
#include "spool_check.h"
#include "verdict.h"

static int exchange(struct http *http, double timeout_s, struct http_result *ret)
{
	double until = clock_s() + timeout_s + 1;
	struct err err;

	/* Not a payload: a listener that checks the key first and the body then stores nothing. */
	if (http_post(http, "test", "{}", 2, NULL, NULL, &err) < 0)
		return -1;
	while (clock_s() < until) {
		if (http_wait(http, NULL, 0, 0.2, &err) < 0)
			return -1;
		if (http_next_result(http, ret))
			return 0;
	}
	return -1;
}

static void judge(
	struct checklist *list, const char *url, const struct http_result *result)
{
	struct answer answer = { .status = result->status, .html = result->html };
	const char *colon = *result->text ? ": " : "";

	if (result->status == 0) {
		checklist_fail(list,
			"is the address right, the listener up, listener.ca_file set?",
			"listener %s: %s", url, result->text);
		return;
	}
	switch (verdict_of(&answer)) {
	case VERDICT_DELIVERED:
	case VERDICT_REJECT: /* the body is refused: the key was not */
		checklist_ok(list, "listener %s: reached, the key is accepted (%d)", url,
			result->status);
		break;
	case VERDICT_ENDPOINT:
		if (result->status == 401 || result->status == 403)
			checklist_fail(list, "correct the key in listener.api_key_file",
				"listener %s: the API key is refused (%d)", url,
				result->status);
		else
			checklist_fail(list, "correct listener.url",
				"listener %s: wrong address (%d)", url, result->status);
		break;
	default:
		checklist_fail(list,
			"is there a web page or a proxy in between, or is the listener ill?",
			"listener %s: answered %d%s%s", url, result->status, colon,
			result->text);
	}
}

static void check_listener(struct checklist *list, const struct config *config)
{
	struct http_result result;
	struct http *http = NULL;
	char *key = NULL, url[256];
	struct err err;

	if (listener_check(config, &err) < 0 || config_api_key(config, &key, &err) < 0) {
		checklist_fail(list, NULL, "%s", err.msg);
		return;
	}
	if (!key) {
		checklist_fail(list, "put it into a file and set listener.api_key_file",
			"no API key is configured");
		return;
	}
	checklist_ok(list, "API key: configured");
	listener_display(config, url, sizeof(url));
	if (http_open(config, key, &http, &err) < 0)
		checklist_fail(list, NULL, "%s", err.msg);
	else if (exchange(http, config->listener_timeout_s, &result) < 0)
		checklist_fail(list, NULL, "listener %s: no answer", url);
	else
		judge(list, url, &result);
	http_close(http);
	config_secret_free(key);
}

int check_all(const struct config *config)
{
	const struct spool_user user = {
		.config = config, .program = FORWARD_PROGRAM, .is_service = true
	};
	struct checklist list = { 0 };

	checklist_ok(&list, "configuration: %s",
		config->file ? config->file : "defaults, no file");
	spool_close(spool_check(&list, &user));
	check_listener(&list, config);
	return checklist_end(&list) ? 0 : -1;
}
