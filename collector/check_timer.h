/*
 * The part of --test that asks systemd: does the timer run it as often as
 * collection.interval_s says, and how did it fare?
 *
 * Only where systemd runs, and only of the configuration that a unit reads: without a line
 * otherwise, as someone else starts it then.
 */
#ifndef COLLECTOR_CHECK_TIMER_H
#define COLLECTOR_CHECK_TIMER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "checklist.h"
#include "config.h"
#include "patience.h"

void check_timer(
	const struct config *config, struct patience *patience, struct checklist *list);

/* What program says of unit's timer and service, as systemctl show does, within limit_s;
 * -1 when it does not. */
int timer_ask(const char *program, const char *unit, double limit_s,
	struct patience *patience, struct buf *ret);

/* The lines for it. Pure but for the list. */
void timer_judge(
	const char *show, const char *unit, int interval_s, struct checklist *list);

#endif
