/*
 * What systemctl(1) says of a timer and its service, and how often that is.
 *
 * Pure. Calendar expressions are understood as systemd normalizes them, "*-*-* *:00/5:00"
 * (systemd.time(7)), where they mean each day and an even interval; of others the period is
 * not known.
 */
#ifndef COLLECTOR_TIMER_SCHEDULE_H
#define COLLECTOR_TIMER_SCHEDULE_H

#include <stdbool.h>

#include "buf.h"

/* The properties that are read, for systemctl's --property. */
#define TIMER_PROPERTIES                                                  \
	"Id,LoadState,ActiveState,TimersCalendar,TimersMonotonic,Result," \
	"ExecMainExitTimestamp"

struct timer_schedule {
	bool is_loaded, is_active;
	double period_s; /* 0: not known */
	char result[32]; /* of the service's last run, "success"; "" before the first */
	char finished_at[64]; /* as systemctl writes it, "" for never */
};

/* show: what systemctl show printed of the timer and of the service. */
void timer_schedule_read(const char *show, struct timer_schedule *ret);

/* The lines of [Timer] that mean every interval_s seconds, without any before them. */
void timer_schedule_write(int interval_s, struct buf *lines);

#endif
