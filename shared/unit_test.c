#include "unit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "service_unit.h"
#include "unit_command.h"

#define TEXT_BYTES_MAX ((size_t)1 << 20)
#define READ_BYTES 4096
#define NOT_FOUND 127
/* systemd.exec(5), "Process exit codes": what failed before the program began. */
#define SYSTEMD_STATUS_MIN 200
#define SYSTEMD_STATUS_MAX 245

/* For colours. */
static const char *const environment[] = { "TERM", "NO_COLOR", NULL };

/* variables: NAME=VALUE, for its environment, or NULL. output_fd: what becomes its standard output, -1: ours, and its messages are of interest. */
static int start(char *const *words, char *const *variables, int output_fd,
	pid_t *ret_pid, struct err *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return err_errno(err, ERR_RETRY, "start %s", words[0]);
	if (pid == 0) {
		if (output_fd >= 0) {
			dup2(output_fd, STDOUT_FILENO);
			dup2(output_fd, STDERR_FILENO);
		}
		for (; variables && *variables; variables++)
			putenv(*variables);
		execvp(words[0], words);
		_exit(NOT_FOUND);
	}
	*ret_pid = pid;
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The unit with its drop-ins, in the order in which systemd reads them. */
static int read_unit(const char *name, struct buf *ret, int *ret_status, struct err *err)
{
	char *words[] = { (char *)"systemctl", (char *)"--no-pager", (char *)"cat",
		(char *)name, NULL };
	char part[READ_BYTES];
	int fds[2];
	ssize_t n;
	pid_t pid = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(err, ERR_RETRY, "start systemctl");
	if (start(words, NULL, fds[1], &pid, err) < 0) {
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	close(fds[1]);
	while ((n = read(fds[0], part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			buf_add(ret, part, (size_t)n);
	close(fds[0]);
	*ret_status = wait_for(pid);
	if (ret->failed)
		return err_set(
			err, ERR_RETRY, "unit %s: too long, or out of memory", name);
	return 0;
}

static int find_unit(const char *program, const char *config_path,
	char ret[SERVICE_UNIT_SIZE], struct err *err)
{
	if (geteuid() != 0)
		return err_set(err, ERR_FATAL,
			"--test=unit starts a program as systemd would; mend: sudo %s "
			"--test=unit",
			program);
	if (!config_path || !*config_path)
		config_path = getenv(CONFIG_PATH_ENV);
	if (config_path && !*config_path)
		config_path = NULL;
	if (!service_unit_name(program, config_path, ret))
		return err_set(err, ERR_FATAL,
			"no unit reads %s; mend: put it into /etc/bitville/NAME.ini, for "
			"%s@NAME, or use --test",
			config_path, program);
	return 0;
}

/* Ours behind those of the unit: with --test for --test=unit, however it is abbreviated. */
static char **own_arguments(char **argv)
{
	size_t count = 0;
	char **own;

	while (argv[count])
		count++;
	own = calloc(count + 1, sizeof(*own));
	for (size_t i = 1; own && i < count; i++)
		own[i - 1] = strncmp(argv[i], "--t", 3) == 0 && strstr(argv[i], "=unit")
				     ? (char *)"--test"
				     : argv[i];
	return own;
}

static int run(const char *unit, const struct unit_command *command, int *ret_status,
	struct err *err)
{
	pid_t pid = -1;

	fflush(NULL);
	if (start(command->words.list, command->environment.list, -1, &pid, err) < 0)
		return -1;
	*ret_status = wait_for(pid);
	if (*ret_status == NOT_FOUND)
		return err_set(err, ERR_FATAL,
			"systemd-run: not found; mend: install systemd, or use --test");
	if (*ret_status >= SYSTEMD_STATUS_MIN && *ret_status <= SYSTEMD_STATUS_MAX)
		return err_set(err, ERR_FATAL,
			"unit %s: systemd can't make its surroundings (exit status %d, "
			"systemd.exec(5)); mend: journalctl -n 20",
			unit, *ret_status);
	return 0;
}

int unit_test_run(const char *program, const char *config_path, char **argv,
	int *ret_status, struct err *err)
{
	char unit[SERVICE_UNIT_SIZE], name[SERVICE_UNIT_SIZE + 16];
	struct unit_command command = { 0 };
	char **own = NULL;
	struct buf text;
	int rc = -1, status = -1;

	if (find_unit(program, config_path, unit, err) < 0)
		return -1;
	snprintf(name, sizeof(name), "%s.service", unit);
	buf_init(&text, TEXT_BYTES_MAX);
	if (read_unit(name, &text, &status, err) < 0)
		goto out;
	if (status != 0) {
		if (status == NOT_FOUND || access("/run/systemd/system", F_OK) < 0)
			err_set(err, ERR_FATAL,
				"systemd does not run here; mend: use --test, as the user "
				"that %s will run as",
				program);
		else
			err_set(err, ERR_FATAL,
				"unit %s: not installed; mend: make install (or apt "
				"install the package), then systemctl daemon-reload",
				name);
		goto out;
	}
	own = own_arguments(argv);
	if (!own) {
		err_set(err, ERR_RETRY, "--test=unit: out of memory");
		goto out;
	}
	if (unit_command_make(&command, unit, text.data ? text.data : "", environment,
		    own, err) == 0)
		rc = run(unit, &command, ret_status, err);
out:
	unit_command_release(&command);
	free(own);
	buf_release(&text);
	return rc;
}
