#include "mend.h"

#include <ctype.h>
#include <string.h>

void mend_literal(struct buf *mend, const char *text)
{
	bool escaped = strchr(text, '\\') != NULL;

	buf_adds(mend, escaped ? "E'" : "'");
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buf_addc(mend, *text);
		buf_addc(mend, *text);
	}
	buf_addc(mend, '\'');
}

void mend_on_primary(struct buf *mend, const struct server *server)
{
	if (server->in_recovery)
		buf_adds(mend, "-- on the primary:\n");
}

void mend_system(struct buf *mend, const struct server_settings *settings,
	const char *name, const char *value)
{
	if (server_setting_is_argument(settings, name))
		buf_addf(mend,
			"-- on the server's command line, where ALTER SYSTEM can't reach it: "
			"%s = %s\n",
			name, value);
	else
		buf_addf(mend, "ALTER SYSTEM SET %s = %s;\n", name, value);
}

void mend_reload(struct buf *mend)
{
	buf_adds(mend, "SELECT pg_reload_conf();\n");
}

/* Debian's pg_createcluster(1) names a cluster VERSION/NAME, and so does its unit. */
static const char *unit_of(const struct server_settings *settings)
{
	const char *name = server_setting(settings, "cluster_name"), *at = name;

	while (at && isdigit((unsigned char)*at))
		at++;
	if (!name || at == name || *at != '/' || !at[1])
		return NULL;
	for (at++; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
			return NULL;
	return name;
}

void mend_restart(struct buf *mend, const struct server_settings *settings)
{
	const char *unit = unit_of(settings);
	int version = unit ? (int)strcspn(unit, "/") : 0;

	if (unit)
		buf_addf(mend,
			"-- then restart the server: sudo systemctl restart "
			"postgresql@%.*s-%s\n",
			version, unit, unit + version + 1);
	else
		buf_adds(mend, "-- then restart the server\n");
}

void mend_config(
	struct buf *mend, const struct config *config, size_t offset, const char *value)
{
	for (size_t i = 0; i < config_keys_count; i++) {
		const struct config_key *key = &config_keys[i];

		if (key->offset != offset)
			continue;
		if (config->origin[i] == CONFIG_FROM_ENVIRONMENT)
			buf_addf(mend, "in the environment: " CONFIG_ENV_PREFIX "%s=%s\n",
				key->env, value);
		else
			buf_addf(mend, "in %s:\n[%s]\n%s = %s\n",
				config->file ? config->file : CONFIG_PATH_DEFAULT,
				key->section, key->name, value);
	}
}
