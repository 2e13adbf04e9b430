#include "params.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redact.h"

/* No operating system user has this name: who gets it was named by nobody. */
#define NOBODY "\x01nobody"

/* Our own keys, by libpq's keyword. */
static const struct own {
	const char *keyword;
	size_t offset;
} own_keys[] = {
	{ "host", offsetof(struct config, database_host) },
	{ "dbname", offsetof(struct config, database_name) },
	{ "user", offsetof(struct config, database_user) },
};

static const char *value_in(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (strcmp(options->keyword, keyword) == 0)
			return options->val && *options->val ? options->val : NULL;
	return NULL;
}

/* "port=5432password=x": a blank is missing, and libpq's messages would quote the password. */
static const char *swallows_password(const PQconninfoOption *options)
{
	for (; options->keyword; options++)
		if (options->val && *options->dispchar != '*' &&
			strcasestr(options->val, "password="))
			return options->keyword;
	return NULL;
}

static int parse_conninfo(
	struct params *params, const struct config *config, struct err *err)
{
	char *message = NULL, where[256];
	const char *keyword;

	if (!config->database_conninfo)
		return 0;
	config_where(
		config, offsetof(struct config, database_conninfo), where, sizeof(where));
	params->conninfo = PQconninfoParse(config->database_conninfo, &message);
	PQfreemem(message); /* it can quote a password */
	if (!params->conninfo)
		return err_set(err, ERR_CONFIG,
			"%s: not a connection string; give libpq's keyword=value pairs "
			"(values with blanks in single quotes) or a postgresql:// URI",
			where);
	keyword = swallows_password(params->conninfo);
	if (keyword)
		return err_set(err, ERR_CONFIG,
			"%s: a blank is missing after the value of %s", where, keyword);
	return 0;
}

/* Asks libpq what its service file and environment say. A marker tells a user named
 * there from the operating system's, which libpq would fill in. */
static int read_defaults(struct params *params, struct err *err)
{
	static const char *const probes[][2] = { { "service", "PGSERVICE" },
		{ "servicefile", "PGSERVICEFILE" } };
	const char *user = getenv("PGUSER");
	bool mark = !user || !*user;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		const char *value = value_in(params->conninfo, probes[i][0]);

		if (value && setenv(probes[i][1], value, 1) < 0)
			return err_set(err, ERR_RETRY, "connection: out of memory");
	}
	if (mark && setenv("PGUSER", NOBODY, 1) < 0)
		return err_set(err, ERR_RETRY, "connection: out of memory");
	params->defaults = PQconndefaults();
	if (mark)
		unsetenv("PGUSER");
	if (!params->defaults)
		return err_set(err, ERR_RETRY, "connection: out of memory");
	return 0;
}

/* What service file or environment say, NULL where libpq only filled in its own
 * default. */
static const char *given(const PQconninfoOption *option)
{
	if (!option->val || !*option->val || strcmp(option->val, NOBODY) == 0)
		return NULL;
	return option->compiled && strcmp(option->val, option->compiled) == 0
		       ? NULL
		       : option->val;
}

/* Is only an address named? Then no name may stand beside it: TLS and .pgpass would
 * use that. */
static bool has_address(const struct params *params)
{
	return value_in(params->conninfo, "hostaddr") ||
	       value_in(params->defaults, "hostaddr");
}

static const char *choose_own(const struct params *params, const struct config *config,
	const struct own *own, const char *outside)
{
	const char *conninfo = value_in(params->conninfo, own->keyword), *value;

	memcpy(&value, (const char *)config + own->offset, sizeof(value));
	if (config_is_set(config, own->offset))
		return value;
	if (conninfo || outside)
		return conninfo ? conninfo : outside;
	return strcmp(own->keyword, "host") == 0 && has_address(params) ? NULL : value;
}

/* What the service says was read already; libpq reads it again and tells when it is
 * not there. Only an address in it that database.host beats can't be left to libpq. */
static bool drops_service(const struct params *params, const struct config *config)
{
	return config_is_set(config, offsetof(struct config, database_host)) &&
	       value_in(params->defaults, "hostaddr");
}

static const char *choose(const struct params *params, const struct config *config,
	const PQconninfoOption *option)
{
	const char *keyword = option->keyword, *outside = given(option);
	const char *conninfo = value_in(params->conninfo, keyword);
	bool own_password = config->database_password || config->database_password_file;
	bool own_host = config_is_set(config, offsetof(struct config, database_host));

	if (strcmp(keyword, "hostaddr") == 0 && own_host)
		return NULL;
	if (strcmp(keyword, "service") == 0 && drops_service(params, config))
		return NULL;
	if (strcmp(keyword, "application_name") == 0)
		return APPLICATION_NAME;
	if (strcmp(keyword, "client_encoding") == 0)
		return "SQL_ASCII"; /* bytes as they are; a conversion could fail */
	if (strcmp(keyword, "port") == 0 &&
		config_is_set(config, offsetof(struct config, database_port)))
		return params->port;
	if (strcmp(keyword, "password") == 0 && own_password)
		return params->password;
	for (size_t i = 0; i < sizeof(own_keys) / sizeof(own_keys[0]); i++)
		if (strcmp(keyword, own_keys[i].keyword) == 0)
			return choose_own(params, config, &own_keys[i], outside);
	if (conninfo)
		return conninfo;
	if (!outside && strcmp(keyword, "port") == 0)
		return params->port;
	return outside || strcmp(keyword, "password") != 0 ? outside : params->password;
}

static void add_secret(struct params *params, const char *secret)
{
	if (secret && *secret && params->secrets_count < PARAMS_SECRETS_MAX)
		params->secrets[params->secrets_count++] = secret;
}

static void collect_secrets(struct params *params)
{
	const PQconninfoOption *lists[] = { params->conninfo, params->defaults };

	add_secret(params, params->password);
	for (size_t i = 0; i < 2; i++)
		for (const PQconninfoOption *o = lists[i]; o && o->keyword; o++)
			if (*o->dispchar == '*')
				add_secret(params, o->val);
}

static int fill(struct params *params, const struct config *config, struct err *err)
{
	size_t total = 1;

	for (const PQconninfoOption *o = params->defaults; o->keyword; o++)
		total++;
	params->keywords = calloc(total, sizeof(*params->keywords));
	params->values = calloc(total, sizeof(*params->values));
	if (!params->keywords || !params->values)
		return err_set(err, ERR_RETRY, "connection: out of memory");
	snprintf(params->port, sizeof(params->port), "%d", config->database_port);
	for (const PQconninfoOption *o = params->defaults; o->keyword; o++) {
		const char *value = choose(params, config, o);

		if (!value || !*value)
			continue;
		params->keywords[params->count] = o->keyword;
		params->values[params->count++] = value;
	}
	if (drops_service(params, config)) {
		unsetenv("PGHOSTADDR");
		unsetenv("PGSERVICE");
	}
	return 0;
}

int params_build(struct params *ret, const struct config *config, struct err *err)
{
	*ret = (struct params){ 0 };
	if (config_database_password(config, &ret->password, err) < 0 ||
		parse_conninfo(ret, config, err) < 0 || read_defaults(ret, err) < 0 ||
		fill(ret, config, err) < 0) {
		params_release(ret);
		return -1;
	}
	collect_secrets(ret);
	return 0;
}

void params_release(struct params *params)
{
	config_secret_free(params->password);
	free(params->keywords);
	free(params->values);
	PQconninfoFree(params->conninfo);
	PQconninfoFree(params->defaults);
	*params = (struct params){ 0 };
}

const char *params_get(const struct params *params, const char *keyword)
{
	for (size_t i = 0; i < params->count; i++)
		if (strcmp(params->keywords[i], keyword) == 0)
			return params->values[i];
	return NULL;
}

int params_redirect(const struct params *params, const char *database,
	const char *values[PARAMS_VALUES_MAX], struct params *ret)
{
	if (params->count >= PARAMS_VALUES_MAX)
		return -1;
	for (size_t i = 0; i <= params->count; i++)
		values[i] =
			i < params->count && strcmp(params->keywords[i], "dbname") == 0
				? database
				: params->values[i];
	*ret = *params;
	ret->values = values;
	return 0;
}

void params_scrub(const struct params *params, char *text)
{
	char *to = text;

	for (size_t i = 0; i < params->secrets_count; i++)
		redact_secret(text, params->secrets[i]);
	for (const char *from = text; *from; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}
