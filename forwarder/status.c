#include "status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "forward_state.h"
#include "lock.h"
#include "state.h"

static void format_age(int64_t us, char ret[32])
{
	int64_t s = us < 0 ? 0 : us / 1000000;

	if (s < 120)
		snprintf(ret, 32, "%" PRId64 " s", s);
	else if (s < 7200)
		snprintf(ret, 32, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		snprintf(ret, 32, "%" PRId64 " h", s / 3600);
	else
		snprintf(ret, 32, "%" PRId64 " days", s / 86400);
}

static void format_bytes(uint64_t bytes, char ret[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		value /= 1024;
	snprintf(ret, 32, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]);
}

static void print_files(
	const char *label, uint64_t files, uint64_t bytes, const char *rest)
{
	char size[32];

	format_bytes(bytes, size);
	printf("%-13s %" PRIu64 " payloads, %s%s\n", label, files, size, rest);
}

static void print_time(
	const char *label, int64_t wall_us, int64_t now_us, const char *text)
{
	char stamp[21], age[32];

	if (wall_us == 0) {
		printf("%-13s never\n", label);
		return;
	}
	clock_wall_format(wall_us, stamp);
	format_age(now_us - wall_us, age);
	printf("%-13s %s (%s ago)%s%s\n", label, stamp, age, *text ? ": " : "", text);
}

static void print_breaker(const struct forward_state *state, int64_t now_us)
{
	char age[32];

	if (state->wall_breaker_since_us == 0) /* no state was written yet */
		return;
	format_age(now_us - state->wall_breaker_since_us, age);
	printf("%-13s %s for %s", "breaker", breaker_state_name(state->breaker), age);
	if (state->failures > 0)
		printf(", %u failures in a row", state->failures);
	if (state->wall_breaker_retry_us > now_us)
		printf(", next trial in %.0f s",
			(double)(state->wall_breaker_retry_us - now_us) / 1e6);
	printf("\n");
}

static void print_backlog(const struct forward_state *state, int64_t now_us)
{
	const struct spool_size *size = &state->size;
	char rest[96] = "", cap[32], age[32];

	format_bytes(state->cap_bytes, cap);
	if (state->cap_bytes > 0)
		snprintf(rest, sizeof(rest), " (the spool is at %.1f %% of %s)",
			100.0 * (double)spool_size_total(size) / (double)state->cap_bytes,
			cap);
	print_files("backlog", size->new_files, size->new_bytes, rest);
	if (size->oldest[0]) {
		format_age(now_us - spool_name_wall_us(size->oldest), age);
		printf("%-13s %s (%s)\n", "oldest", size->oldest, age);
	}
	print_files("rejected", size->rejected_files, size->rejected_bytes, "");
	if (size->foreign_files > 0)
		printf("%-13s %" PRIu64 " (not payloads; left alone)\n", "foreign files",
			size->foreign_files);
}

static void print_counters(const struct forward_state *state, bool running)
{
	char rest[2 * SPOOL_NAME_SIZE + 16] = "", rate[64] = "";

	if (running)
		snprintf(rate, sizeof(rate), " (%.1f a second in the last minute)",
			state->sent_per_s);
	if (state->evicted.files > 0)
		snprintf(rest, sizeof(rest), ", %s to %s", state->evicted.first,
			state->evicted.last);
	print_files("sent", state->sent_files, state->sent_bytes, rate);
	printf("%-13s %" PRIu64 " payloads\n", "refused", state->refused_files);
	print_files("evicted", state->evicted.files, state->evicted.bytes, rest);
}

static void print_holds(const struct holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		if (holds_has(holds, holds->list[i].source))
			printf("%-13s %s, after %u refusals in a row\n", "held",
				holds->list[i].source, holds->list[i].refusals);
}

static void print_table(const struct forward_state *state, long pid, int64_t updated_us)
{
	int64_t now_us = clock_wall_us();

	if (pid != 0) {
		printf(pid > 0 ? "%-13s running, pid %ld\n" : "%-13s running\n",
			"pg-forward", pid);
		print_breaker(state, now_us);
	} else {
		print_time("NOT RUNNING", updated_us, now_us, "last seen then");
	}
	print_backlog(state, now_us);
	print_counters(state, pid != 0);
	print_holds(&state->holds);
	print_time("last success", state->wall_success_us, now_us, "");
	print_time("last error", state->wall_error_us, now_us, state->error);
	if (state->degraded[0])
		printf("%-13s %s\n", "DEGRADED", state->degraded);
	if (pid != 0)
		print_time("as of", updated_us, now_us, "");
}

static int print_json(
	struct forward_state *state, bool running, int64_t updated_us, struct err *err)
{
	struct buf out;
	int rc = 0;

	buf_init(&out, (size_t)1 << 20);
	state->running = running;
	forward_state_write(state, updated_us, &out);
	if (out.failed || fwrite(out.data, 1, out.len, stdout) != out.len)
		rc = err_errno(err, ERR_RETRY, "write the status");
	buf_release(&out);
	return rc;
}

int status_print(const struct config *config, const struct spool *spool, bool json,
	struct err *err)
{
	struct forward_state state;
	struct state_file file;
	int64_t updated_us;
	long pid;

	if (state_load(spool, FORWARD_PROGRAM, false, &file, err) < 0)
		return -1;
	forward_state_read(file.root, 0, &state);
	updated_us = (int64_t)(json_get_number(file.root, "updated_at", 0) * 1e6 + 0.5);
	json_read_release(file.root);
	pid = lock_holder(spool, FORWARD_PROGRAM);
	if (pid == 0 || updated_us == 0) {
		state.cap_bytes = (uint64_t)config->buffer_max_size_mb << 20;
		if (spool_measure(spool, &state.size, err) < 0)
			return -1;
	}
	if (json)
		return print_json(&state, pid != 0, updated_us, err);
	print_table(&state, pid, updated_us);
	return 0;
}
