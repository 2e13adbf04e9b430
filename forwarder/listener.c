#include "listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service_unit.h"
#include "shell_word.h"
#include "url.h"

static int check_url(const struct config *config, struct err *err)
{
	char where[256];
	struct url url;
	bool plain;

	config_where(config, offsetof(struct config, listener_url), where, sizeof(where));
	if (!config->listener_url || !url_parse(config->listener_url, NULL, &url))
		return err_set(err, ERR_CONFIG,
			"%s: not a URL; give https://HOST:PORT/PATH", where);
	plain = strcmp(url.scheme, "http") == 0;
	if (!plain && strcmp(url.scheme, "https") != 0)
		return err_set(
			err, ERR_CONFIG, "%s: the scheme must be https (or http)", where);
	if (plain && !config->allow_plain_http &&
		(!url_is_loopback(&url) || config->listener_proxy))
		return err_set(err, ERR_CONFIG,
			"%s: plain http would send the key in clear to %s; use https://, or set "
			"listener.allow_plain_http = yes",
			where, url.host);
	if (url.has_user)
		return err_set(err, ERR_CONFIG,
			"%s: a URL must not carry a user or password; use listener.api_key_file",
			where);
	return 0;
}

/* The proxy's text may hold a password: no message shows any of it. */
static int check_proxy(const struct config *config, struct err *err)
{
	static const char *const schemes[] = { "http", "https", "socks4", "socks4a",
		"socks5", "socks5h" };
	char where[256];
	struct url url;

	if (!config->listener_proxy)
		return 0;
	if (url_parse(config->listener_proxy, "http", &url))
		for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
			if (strcmp(url.scheme, schemes[i]) == 0)
				return 0;
	config_where(
		config, offsetof(struct config, listener_proxy), where, sizeof(where));
	return err_set(err, ERR_CONFIG,
		"%s: not a proxy's URL; give http://HOST:PORT, https:// or socks5://",
		where);
}

static int check_file(
	const struct config *config, const char *path, size_t offset, struct err *err)
{
	char where[256];

	if (!path || access(path, R_OK) == 0)
		return 0;
	config_where(config, offset, where, sizeof(where));
	return err_errno(err, ERR_CONFIG, "%s: %s", where, path);
}

int listener_check(const struct config *config, struct err *err)
{
	if (check_url(config, err) < 0 || check_proxy(config, err) < 0 ||
		check_file(config, config->listener_ca_file,
			offsetof(struct config, listener_ca_file), err) < 0 ||
		check_file(config, config->listener_client_cert,
			offsetof(struct config, listener_client_cert), err) < 0 ||
		check_file(config, config->listener_client_key,
			offsetof(struct config, listener_client_key), err) < 0)
		return -1;
	return 0;
}

void listener_key_mend(const struct config *config, char *ret, size_t size)
{
	char path[SERVICE_UNIT_SIZE], option[SHELL_WORD_SIZE];
	const char *given = getenv("CREDENTIALS_DIRECTORY");

	service_unit_secret("api_key", config->file, path);
	config_option(config, option, sizeof(option));
	/* Root's file, which the unit is given: nobody else sees what is in it. */
	if (!(given && *given) && access(path, F_OK) == 0)
		snprintf(ret, size, "pg-forward --test=unit%s (%s is handed to the unit)",
			option, path);
	else
		snprintf(ret, size, "install -m 600 /dev/stdin %s", path);
}

int listener_key(const struct config *config, char **ret_key, struct err *err)
{
	char mend[SHELL_WORD_SIZE];

	if (config_api_key(config, ret_key, err) < 0)
		return -1;
	if (*ret_key)
		return 0;
	listener_key_mend(config, mend, sizeof(mend));
	return err_set(err, ERR_CONFIG,
		"no API key; mend: %s, or set listener.api_key_file", mend);
}

void listener_display(const struct config *config, char *ret, size_t size)
{
	struct url url;

	if (!config->listener_url || !url_parse(config->listener_url, NULL, &url))
		snprintf(ret, size, "?");
	else if (url.port > 0)
		snprintf(ret, size, "%s://%s:%d%s", url.scheme, url.host, url.port,
			url.path);
	else
		snprintf(ret, size, "%s://%s%s", url.scheme, url.host, url.path);
}

char *listener_proxy_password(const struct config *config)
{
	struct url url;

	if (!config->listener_proxy || !url_parse(config->listener_proxy, "http", &url) ||
		!*url.password)
		return NULL;
	url_decode(url.password);
	return strdup(url.password);
}
