#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "shell_word.h"
#include "utf8.h"

#define WARNINGS_MAX_BYTES 16384

static void *value_at(struct config *config, size_t offset)
{
	return (char *)config + offset;
}

static int key_at(size_t offset)
{
	for (size_t i = 0; i < config_keys_count; i++)
		if (config_keys[i].offset == offset)
			return (int)i;
	return -1;
}

int config_find(const char *section, const char *name)
{
	for (size_t i = 0; i < config_keys_count; i++)
		if (strcmp(config_keys[i].section, section) == 0 &&
			strcmp(config_keys[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int set_string(struct config *config, const struct config_key *key,
	const char *text, const char *where, struct err *err)
{
	size_t chars = utf8_count(text, strlen(text));
	char **value = value_at(config, key->offset);
	char *copy;

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(err, ERR_CONFIG,
				"%s: control characters are not allowed in a value",
				where);
	if (key->max > 0 && (chars < (size_t)key->min || chars > (size_t)key->max))
		return err_set(err, ERR_CONFIG, "%s: %zu characters; give %ld to %ld",
			where, chars, key->min, key->max);
	if (!*text) /* "host =" leaves the default in force */
		return 0;
	copy = strdup(text);
	if (!copy)
		return err_set(err, ERR_RETRY, "%s: out of memory", where);
	free(*value);
	*value = copy;
	return 0;
}

static int set_int(struct config *config, const struct config_key *key, const char *text,
	const char *where, struct err *err)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end || errno == ERANGE || value > INT_MAX)
		return err_set(err, ERR_CONFIG,
			"%s: \"%.40s\" is not a whole number from %ld to %ld", where,
			text, key->min, key->max);
	if (value < key->min || value > key->max)
		return err_set(err, ERR_CONFIG,
			"%s: %ld is out of range; give %ld to %ld", where, value,
			key->min, key->max);
	if (value < key->raised_to) {
		buf_addf(&config->warnings, "%s: %ld is too small, using %ld\n", where,
			value, key->raised_to);
		value = key->raised_to;
	}
	*(int *)value_at(config, key->offset) = (int)value;
	return 0;
}

static int set_bool(struct config *config, const struct config_key *key, const char *text,
	const char *where, struct err *err)
{
	static const struct {
		const char *word;
		int value;
	} words[] = { { "yes", 1 }, { "true", 1 }, { "on", 1 }, { "1", 1 }, { "no", 0 },
		{ "false", 0 }, { "off", 0 }, { "0", 0 } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*(int *)value_at(config, key->offset) = words[i].value;
			return 0;
		}
	}
	return err_set(
		err, ERR_CONFIG, "%s: \"%.40s\" is neither yes nor no", where, text);
}

static int set_choice(struct config *config, const struct config_key *key,
	const char *text, const char *where, struct err *err)
{
	char list[128] = "";

	for (int i = 0; key->choices[i]; i++) {
		if (strcmp(text, key->choices[i]) == 0) {
			*(int *)value_at(config, key->offset) = i;
			return 0;
		}
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			i ? ", " : "", key->choices[i]);
	}
	return err_set(
		err, ERR_CONFIG, "%s: \"%.40s\" is not one of %s", where, text, list);
}

int config_set(struct config *config, size_t index, const char *text, const char *where,
	struct err *err)
{
	const struct config_key *key = &config_keys[index];

	switch (key->type) {
	case CONFIG_INT:
		return set_int(config, key, text, where, err);
	case CONFIG_BOOL:
		return set_bool(config, key, text, where, err);
	case CONFIG_CHOICE:
		return set_choice(config, key, text, where, err);
	case CONFIG_STRING:
	case CONFIG_SECRET:
		break;
	}
	return set_string(config, key, text, where, err);
}

static int set_defaults(struct config *config, struct err *err)
{
	for (size_t i = 0; i < config_keys_count; i++)
		if (config_keys[i].preset &&
			config_set(config, i, config_keys[i].preset, "default", err) < 0)
			return -1;
	return 0;
}

static int set_environment(struct config *config, struct err *err)
{
	char name[64];

	for (size_t i = 0; i < config_keys_count; i++) {
		const char *text;

		snprintf(name, sizeof(name), "%s%s", CONFIG_ENV_PREFIX,
			config_keys[i].env);
		text = getenv(name);
		if (!text || !*text)
			continue;
		if (config_set(config, i, text, name, err) < 0)
			return -1;
		config->origin[i] = CONFIG_FROM_ENVIRONMENT;
	}
	return 0;
}

/* A value and a file for the same secret: the environment's wins; two at one level are a mistake. */
static int settle_secret(
	struct config *config, size_t value_offset, size_t file_offset, struct err *err)
{
	enum config_origin value = config->origin[key_at(value_offset)];
	enum config_origin file = config->origin[key_at(file_offset)];
	const struct config_key *key = &config_keys[key_at(value_offset)];
	char **loser;

	if (value == CONFIG_FROM_DEFAULT || file == CONFIG_FROM_DEFAULT)
		return 0;
	if (value == file)
		return err_set(err, ERR_CONFIG,
			"%s.%s and %s.%s_file are both set; remove one", key->section,
			key->name, key->section, key->name);
	loser = value_at(config, value < file ? value_offset : file_offset);
	free(*loser);
	*loser = NULL;
	config->origin[key_at(value < file ? value_offset : file_offset)] =
		CONFIG_FROM_DEFAULT;
	return 0;
}

static int check_together(struct config *config, struct err *err)
{
	if (settle_secret(config, offsetof(struct config, database_password),
		    offsetof(struct config, database_password_file), err) < 0 ||
		settle_secret(config, offsetof(struct config, listener_api_key),
			offsetof(struct config, listener_api_key_file), err) < 0)
		return -1;
	if (!config->listener_client_cert != !config->listener_client_key)
		return err_set(err, ERR_CONFIG,
			"listener.client_cert and listener.client_key belong together; set both");
	return 0;
}

int config_load(struct config *config, const char *path, struct err *err)
{
	const char *env = getenv(CONFIG_PATH_ENV);
	struct config loaded = { 0 };
	bool explicit = true;

	buf_init(&loaded.warnings, WARNINGS_MAX_BYTES);
	if (!path && env && *env)
		path = env;
	if (!path) {
		path = CONFIG_PATH_DEFAULT;
		explicit = false;
	}
	if (set_defaults(&loaded, err) < 0)
		goto fail;
	if (explicit || access(path, F_OK) == 0 || errno != ENOENT)
		if (config_file_read(&loaded, path, err) < 0)
			goto fail;
	if (set_environment(&loaded, err) < 0 || check_together(&loaded, err) < 0)
		goto fail;
	*config = loaded;
	return 0;
fail:
	config_release(&loaded);
	return -1;
}

void config_release(struct config *config)
{
	for (size_t i = 0; i < config_keys_count; i++) {
		char **value = value_at(config, config_keys[i].offset);

		if (config_keys[i].type != CONFIG_STRING &&
			config_keys[i].type != CONFIG_SECRET)
			continue;
		if (*value && config_keys[i].type == CONFIG_SECRET)
			explicit_bzero(*value, strlen(*value));
		free(*value);
		*value = NULL;
	}
	free(config->file);
	config->file = NULL;
	buf_release(&config->warnings);
}

bool config_is_set(const struct config *config, size_t offset)
{
	int i = key_at(offset);

	return i >= 0 && config->origin[i] != CONFIG_FROM_DEFAULT;
}

void config_where(const struct config *config, size_t offset, char *ret, size_t size)
{
	int i = key_at(offset);

	if (i < 0)
		snprintf(ret, size, "?");
	else if (config->origin[i] == CONFIG_FROM_ENVIRONMENT)
		snprintf(ret, size, "%s%s", CONFIG_ENV_PREFIX, config_keys[i].env);
	else if (config->origin[i] == CONFIG_FROM_FILE)
		snprintf(ret, size, "%s line %d: %s.%s", config->file, config->line[i],
			config_keys[i].section, config_keys[i].name);
	else
		snprintf(ret, size, "%s.%s (default)", config_keys[i].section,
			config_keys[i].name);
}

void config_option(const struct config *config, char *ret, size_t size)
{
	char word[SHELL_WORD_SIZE];

	if (!config->file || strcmp(config->file, CONFIG_PATH_DEFAULT) == 0)
		*ret = '\0';
	else
		snprintf(ret, size, " --config %s",
			shell_word(config->file, word, sizeof(word)));
}
