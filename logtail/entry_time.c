#include "entry_time.h"

#include <stdbool.h>
#include <string.h>

#include "chars16.h"

/* "2026-01-31 23:59:59.123": behind it the zone. */
#define STAMP_LEN (LOG_TIME_SECONDS_LEN + 4)
#define DECIMALS_AT (LOG_TIME_SECONDS_LEN + 1)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "123" */
static int64_t decimals_us(const char *s)
{
	return ((s[0] - '0') * 100 + (s[1] - '0') * 10 + (s[2] - '0')) * INT64_C(1000);
}

static bool read_time(
	struct entry_times *times, struct slice text, struct iso_time *ret_time)
{
	return log_time_read(times->clock, text.s, text.len, ret_time->text,
		&ret_time->len, &ret_time->wall_us);
}

/* Is text the latest but for the milliseconds? */
static bool is_second(const struct read_time *latest, struct slice text)
{
	uint32_t second, same;

	if (text.len != latest->log_len)
		return false;
	memcpy(&second, text.s + CHARS16, sizeof(second)); /* ":59." */
	memcpy(&same, latest->log + CHARS16, sizeof(same));
	return second == same &&
	       !chars16_any(chars16_load(text.s) != chars16_load(latest->log)) &&
	       memcmp(text.s + STAMP_LEN, latest->log + STAMP_LEN,
		       text.len - STAMP_LEN) == 0;
}

static void keep_second(
	struct entry_times *times, struct slice text, const struct iso_time *is)
{
	const char *decimals = text.s + DECIMALS_AT;

	times->latest.log_len = 0;
	if (text.len <= STAMP_LEN || text.len > sizeof(times->latest.log) ||
		decimals[-1] != '.' || text.s[STAMP_LEN] != ' ' || is->len <= STAMP_LEN)
		return;
	memcpy(times->latest.log, text.s, text.len);
	times->latest.log_len = text.len;
	times->latest.is = *is;
	times->second_us = is->wall_us - decimals_us(decimals);
}

const struct iso_time *entry_time(struct entry_times *times, struct slice text)
{
	struct iso_time *is = &times->latest.is;
	const char *decimals = text.s + DECIMALS_AT;

	if (!is_second(&times->latest, text) || !is_digit(decimals[0]) ||
		!is_digit(decimals[1]) || !is_digit(decimals[2])) {
		is = &times->other;
		if (!read_time(times, text, is))
			return NULL;
		keep_second(times, text, is);
		return is;
	}
	memcpy(is->text + DECIMALS_AT, decimals, 3);
	is->wall_us = times->second_us + decimals_us(decimals);
	return is;
}

/* Where a session's start is kept: by its "HH:MM:SS". */
static struct read_time *start_of(struct entry_times *times, struct slice text)
{
	uint64_t clock;

	memcpy(&clock, text.s + 11, sizeof(clock));
	return &times->starts[clock * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

const struct iso_time *entry_session_start(struct entry_times *times, struct slice text)
{
	struct read_time *start;
	struct log_clock clock;

	_Static_assert(ENTRY_STARTS == 64, "as many as six bits tell");
	if (text.len < LOG_TIME_SECONDS_LEN || text.len > sizeof(start->log))
		return NULL;
	start = start_of(times, text);
	if (start->log_len == text.len && memcmp(start->log, text.s, text.len) == 0)
		return &start->is;
	start->log_len = 0;
	clock = *times->clock; /* which keeps its minute */
	if (!log_time_read(&clock, text.s, text.len, start->is.text, &start->is.len,
		    &start->is.wall_us))
		return NULL;
	memcpy(start->log, text.s, text.len);
	start->log_len = text.len;
	return &start->is;
}
