#include "forward.h"

#include <stdlib.h>
#include <string.h>

#include "listener.h"
#include "log.h"
#include "notify.h"

static int open_with(const struct config *config, struct http **ret_http, struct err *err)
{
	char *key;
	int rc;

	if (listener_check(config, err) < 0 || listener_key(config, &key, err) < 0)
		return -1;
	rc = http_open(config, key, ret_http, err);
	config_secret_free(key);
	return rc;
}

int forward_open_http(struct forward *forward, struct err *err)
{
	return open_with(forward->config, &forward->http, err);
}

static int load(struct forward *forward, struct config *config, struct http **http,
	struct err *err)
{
	if (config_load(config, forward->config_path, err) < 0)
		return -1;
	if (strcmp(config->buffer_path, forward->config->buffer_path) != 0)
		return err_set(err, ERR_CONFIG,
			"buffer.path can't change while running; restart instead");
	return open_with(config, http, err);
}

/* What is still in flight is given up, and sent again with the new configuration. */
static void replace_http(struct forward *forward, struct http *http)
{
	if (forward->in_flight > 0)
		forward_abandon(forward);
	forward->scan = true;
	forward->passed[0] = '\0';
	http_close(forward->http);
	forward->http = http;
}

void forward_reload(struct forward *forward)
{
	struct config fresh = { 0 };
	struct http *http = NULL;
	struct err err;

	forward->reload = false;
	forward->reload_at = 0;
	notify_reloading();
	if (load(forward, &fresh, &http, &err) < 0) {
		log_line(LOG_ERROR, "reload: %s; the old configuration stays in force",
			err.msg);
		config_release(&fresh);
	} else {
		replace_http(forward, http);
		config_release(forward->config);
		*forward->config = fresh;
		forward->compression = (enum compression)fresh.compression;
		forward->state.cap_bytes = (uint64_t)fresh.buffer_max_size_mb << 20;
		breaker_configure(&forward->breaker, (unsigned)fresh.breaker_fail_max,
			fresh.breaker_timeout_s);
		forward->endpoint_said = false;
		forward->key_suspect = false;
		log_lines(LOG_WARNING, fresh.warnings.data);
		log_line(LOG_NOTICE, "configuration read again");
	}
	notify_send("READY=1");
}

void forward_reread_key(struct forward *forward)
{
	char *key = NULL;
	struct err err;

	forward->key_suspect = false;
	if (config_api_key(forward->config, &key, &err) < 0) {
		log_line(LOG_DEBUG, "%s", err.msg);
		return;
	}
	if (!key)
		return;
	if (http_set_key(forward->http, key))
		log_line(LOG_NOTICE, "the API key has changed: trying the new one");
	config_secret_free(key);
}
