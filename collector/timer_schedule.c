#include "timer_schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400

/* "1min 30s" in seconds, 0 when it is no time span. */
static double read_span(const char *text)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = { { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1 }, { "min", 60 },
		{ "h", 3600 }, { "d", DAY_S }, { "w", 7.0 * DAY_S } };
	double sum = 0;

	while (*text && *text != ';') {
		char *unit;
		double number = strtod(text, &unit);
		size_t len = strcspn(unit, " ;"), i = 0;

		while (i < sizeof(units) / sizeof(units[0]) &&
			(strlen(units[i].name) != len ||
				strncmp(units[i].name, unit, len) != 0))
			i++;
		if (unit == text || i == sizeof(units) / sizeof(units[0]))
			return 0;
		sum += number * units[i].seconds;
		text = unit + len + strspn(unit + len, " ");
	}
	return sum;
}

/* "00,15,30,45": how many, 0 when they are not even. */
static int count_list(const char *text, int range)
{
	int count = 1, i = 0;
	char *end;
	long first;

	for (const char *at = text; (at = strchr(at, ',')); at++)
		count++;
	first = strtol(text, &end, 10);
	for (; end != text && range % count == 0; i++) {
		if (strtol(text, &end, 10) != first + (long)i * (range / count))
			return 0;
		if (*end != ',')
			return *end ? 0 : count;
		text = end + 1;
	}
	return 0;
}

/* How often one part of a time comes round in its whole, of range: each ("*"), some
 * ("00/5"), listed ("00,30"), or once ("00"). 0: unevenly. */
static int count_of(const char *part, size_t len, int range)
{
	char text[64], *end;
	long first, step;

	snprintf(text, sizeof(text), "%.*s", (int)len, part);
	if (strcmp(text, "*") == 0)
		return range;
	first = strtol(text, &end, 10);
	if (*end != '/')
		return count_list(text, range);
	step = strtol(end + 1, &end, 10);
	return *end == '\0' && step > 0 && range % step == 0 && first < step
		       ? (int)(range / step)
		       : 0;
}

/* Seconds between two times of each day, 0 when they are not even. */
static double read_calendar(const char *text)
{
	static const char every_day[] = "*-*-* ";
	static const int ranges[] = { 24, 60, 60 };
	int times = 1, before = 1;

	if (strncmp(text, every_day, strlen(every_day)) != 0)
		return 0;
	text += strlen(every_day);
	for (int i = 0; i < 3; i++) {
		size_t len = strcspn(text, ": ;");
		int count = count_of(text, len, ranges[i]);

		if (count == 0 || (i < 2) != (text[len] == ':'))
			return 0;
		/* "0/6:0/30" comes in bursts. */
		if (i > 0 && count > 1 && before != ranges[i - 1])
			return 0;
		times *= count;
		before = count;
		text += len + (i < 2);
	}
	return (double)DAY_S / times;
}

static void read_line(const char *line, size_t len, bool is_timer,
	struct timer_schedule *ret, int *timers)
{
	char text[256];
	const char *at;

	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	if (strncmp(text, "TimersCalendar=", 15) == 0 ||
		strncmp(text, "TimersMonotonic=", 16) == 0) {
		if ((at = strstr(text, "OnCalendar="))) {
			ret->period_s = read_calendar(at + 11);
			++*timers;
		} else if ((at = strstr(text, "OnUnitActiveUSec=")) ||
			   (at = strstr(text, "OnUnitInactiveUSec="))) {
			ret->period_s = read_span(strchr(at, '=') + 1);
			++*timers;
		}
	} else if (is_timer && strcmp(text, "LoadState=loaded") == 0) {
		ret->is_loaded = true;
	} else if (is_timer && strcmp(text, "ActiveState=active") == 0) {
		ret->is_active = true;
	} else if (!is_timer && strncmp(text, "Result=", 7) == 0) {
		snprintf(ret->result, sizeof(ret->result), "%s", text + 7);
	} else if (strncmp(text, "ExecMainExitTimestamp=", 22) == 0) {
		snprintf(ret->finished_at, sizeof(ret->finished_at), "%s", text + 22);
	}
}

/* A block of lines for each unit, the timer's first. */
void timer_schedule_read(const char *show, struct timer_schedule *ret)
{
	bool is_timer = true;
	int timers = 0;

	*ret = (struct timer_schedule){ 0 };
	for (size_t len; *show; show += len + (show[len] == '\n')) {
		len = strcspn(show, "\n");
		if (len == 0)
			is_timer = false;
		read_line(show, len, is_timer, ret, &timers);
	}
	if (timers != 1)
		ret->period_s = 0;
	if (!*ret->finished_at)
		*ret->result = '\0';
}

void timer_schedule_write(int interval_s, struct buf *lines)
{
	int minutes = interval_s / 60, hours = interval_s / 3600;

	if (interval_s < 60 && 60 % interval_s == 0)
		buf_addf(lines, "OnCalendar=*:*:0/%d\n", interval_s);
	else if (interval_s % 60 == 0 && minutes < 60 && 60 % minutes == 0)
		buf_addf(lines, "OnCalendar=*:0/%d\n", minutes);
	else if (interval_s % 3600 == 0 && hours < 24 && 24 % hours == 0)
		buf_addf(lines, "OnCalendar=0/%d:00\n", hours);
	else if (interval_s == DAY_S)
		buf_adds(lines, "OnCalendar=daily\n");
	else
		buf_addf(lines, "OnActiveSec=%d\nOnUnitActiveSec=%d\n", interval_s,
			interval_s);
}
