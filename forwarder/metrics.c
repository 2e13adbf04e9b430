#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define METRICS_MAX_BYTES 65536
#define PREFIX "bitville_postgres_agent_"

struct metric {
	const char *name;
	const char *type;
	const char *help;
	double value;
};

void metrics_format(const struct forward_state *state, struct buf *out)
{
	const struct metric metrics[] = {
		{ "spool_files", "gauge", "Payloads waiting in new/.",
			(double)state->size.new_files },
		{ "spool_bytes", "gauge", "Disk blocks of the whole spool in bytes.",
			(double)spool_size_total(&state->size) },
		{ "spool_cap_bytes", "gauge", "buffer.max_size_mb in bytes.",
			(double)state->cap_bytes },
		{ "spool_oldest_timestamp_seconds", "gauge",
			"When the oldest waiting payload was written, 0 when none waits.",
			state->size.oldest[0]
				? (double)spool_name_wall_us(state->size.oldest) / 1e6
				: 0 },
		{ "rejected_files", "gauge", "Payloads in rejected/.",
			(double)state->size.rejected_files },
		{ "breaker_open", "gauge", "1 while the circuit breaker is not closed.",
			state->breaker != BREAKER_CLOSED },
		{ "degraded", "gauge", "1 while the spool can't be written as it should.",
			state->degraded[0] != '\0' },
		{ "sent_total", "counter", "Payloads the listener took.",
			(double)state->sent_files },
		{ "sent_bytes_total", "counter", "Bytes of bodies the listener took.",
			(double)state->sent_bytes },
		{ "refused_total", "counter", "Payloads moved to rejected/.",
			(double)state->refused_files },
		{ "evicted_total", "counter",
			"Payloads evicted because the spool was full.",
			(double)state->evicted.files },
		{ "evicted_bytes_total", "counter", "Disk blocks evicted in bytes.",
			(double)state->evicted.bytes },
		{ "last_success_timestamp_seconds", "gauge",
			"When the listener last took a payload, 0 when never.",
			(double)state->wall_success_us / 1e6 },
	};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		buf_addf(out,
			"# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n" PREFIX
			"%s %.17g\n",
			metrics[i].name, metrics[i].help, metrics[i].name,
			metrics[i].type, metrics[i].name, metrics[i].value);
}

static int write_file(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	if (buf_write(text, fd) < 0 || fchmod(fd, 0644) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return close(fd);
}

int metrics_write(const struct forward_state *state, const char *path, struct err *err)
{
	struct buf text, fresh;
	int rc = -1;

	buf_init(&text, METRICS_MAX_BYTES);
	buf_init(&fresh, 8192);
	metrics_format(state, &text);
	/* node_exporter reads *.prom only: what is half written does not end so. */
	buf_addf(&fresh, "%s.tmp", path);
	if (text.failed || fresh.failed) {
		err_set(err, ERR_RETRY, "metrics.textfile: out of memory");
		goto out;
	}
	unlink(fresh.data);
	if (write_file(fresh.data, &text) < 0 || rename(fresh.data, path) < 0) {
		err_errno(err, ERR_RETRY, "metrics.textfile %s", path);
		unlink(fresh.data);
		goto out;
	}
	rc = 0;
out:
	buf_release(&text);
	buf_release(&fresh);
	return rc;
}
