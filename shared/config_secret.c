#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX_BYTES 8192

/* Without the newline at the end, which editors add. The length. */
static size_t trim_secret(char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	return len;
}

/* One line of printable bytes. */
static int check_secret(const char *text, size_t len, const char *path, struct err *err)
{
	if (len == 0)
		return err_set(err, ERR_CONFIG, "secret file %s: empty", path);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(err, ERR_CONFIG,
				"secret file %s: must hold one line without control characters",
				path);
	return 0;
}

/* *ret_secret stays NULL when the file is absent or empty and may be. */
static int read_secret(
	const char *path, bool optional, char **ret_secret, struct err *err)
{
	char text[SECRET_MAX_BYTES + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	if (fd < 0)
		return err_errno(err, err_config_kind(errno), "secret file %s", path);
	while (len < sizeof(text) && (n = read(fd, text + len, sizeof(text) - len)) > 0)
		len += (size_t)n;
	if (n < 0) {
		err_errno(err, err_config_kind(errno), "secret file %s", path);
		goto out;
	}
	if (len > SECRET_MAX_BYTES) {
		err_set(err, ERR_CONFIG, "secret file %s: longer than %d bytes", path,
			SECRET_MAX_BYTES);
		goto out;
	}
	len = trim_secret(text, len);
	if (len == 0 && optional) {
		rc = 0;
		goto out;
	}
	if (check_secret(text, len, path, err) < 0)
		goto out;
	*ret_secret = strdup(text);
	if (*ret_secret)
		rc = 0;
	else
		err_set(err, ERR_RETRY, "secret file %s: out of memory", path);
out:
	explicit_bzero(text, sizeof(text));
	close(fd);
	return rc;
}

static int find_secret(const char *value, const char *file, const char *credential,
	char **ret_secret, struct err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[4096];

	*ret_secret = NULL;
	if (value) {
		*ret_secret = strdup(value);
		return *ret_secret ? 0 : err_set(err, ERR_RETRY, "secret: out of memory");
	}
	if (file)
		return read_secret(file, false, ret_secret, err);
	if (!dir || !*dir)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, credential);
	return read_secret(path, true, ret_secret, err);
}

int config_database_password(
	const struct config *config, char **ret_secret, struct err *err)
{
	return find_secret(config->database_password, config->database_password_file,
		"db_password", ret_secret, err);
}

int config_api_key(const struct config *config, char **ret_secret, struct err *err)
{
	return find_secret(config->listener_api_key, config->listener_api_key_file,
		"api_key", ret_secret, err);
}

void config_secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

bool config_api_key_is_credential(const struct config *config)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return !config->listener_api_key && !config->listener_api_key_file && dir && *dir;
}
