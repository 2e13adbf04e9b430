#include "holds.h"

#include <math.h>
#include <string.h>

static struct hold *find(const struct holds *holds, const char *source)
{
	for (size_t i = 0; i < holds->count; i++)
		if (strcmp(holds->list[i].source, source) == 0)
			return (struct hold *)&holds->list[i];
	return NULL;
}

/* A place nobody needs: of a source that was not refused since its last success. */
static struct hold *find_room(struct holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		if (holds->list[i].refusals == 0)
			return &holds->list[i];
	return holds->count < HOLDS_MAX ? &holds->list[holds->count++] : NULL;
}

static struct hold *find_or_add(struct holds *holds, const char *source)
{
	struct hold *hold = find(holds, source);

	if (hold)
		return hold;
	hold = find_room(holds);
	if (!hold)
		return NULL;
	*hold = (struct hold){ 0 };
	strcpy(hold->source, source);
	return hold;
}

bool holds_refused(struct holds *holds, const char *source, double now, double timeout_s)
{
	struct hold *hold = find_or_add(holds, source);

	if (!hold)
		return false;
	hold->refusals++;
	if (hold->refusals < HOLD_AFTER_REFUSALS)
		return false;
	hold->next_try = now + timeout_s;
	return hold->refusals == HOLD_AFTER_REFUSALS;
}

bool holds_delivered(struct holds *holds, const char *source)
{
	struct hold *hold = find(holds, source);
	bool held = hold && hold->refusals >= HOLD_AFTER_REFUSALS;

	if (hold)
		hold->refusals = 0;
	return held;
}

bool holds_has(const struct holds *holds, const char *source)
{
	const struct hold *hold = find(holds, source);

	return hold && hold->refusals >= HOLD_AFTER_REFUSALS;
}

const struct hold *holds_due(struct holds *holds, double now, double timeout_s)
{
	for (size_t i = 0; i < holds->count; i++) {
		struct hold *hold = &holds->list[i];

		if (hold->refusals < HOLD_AFTER_REFUSALS || now < hold->next_try)
			continue;
		hold->next_try = now + timeout_s;
		return hold;
	}
	return NULL;
}

double holds_wait_s(const struct holds *holds, double now)
{
	double wait = INFINITY;

	for (size_t i = 0; i < holds->count; i++)
		if (holds->list[i].refusals >= HOLD_AFTER_REFUSALS)
			wait = fmin(wait, fmax(holds->list[i].next_try - now, 0));
	return wait;
}

void holds_restore(
	struct holds *holds, const char *source, unsigned refusals, double next_try)
{
	struct hold *hold;

	if (strlen(source) >= SPOOL_SOURCE_SIZE)
		return;
	hold = find_or_add(holds, source);
	if (!hold)
		return;
	hold->refusals = refusals;
	hold->next_try = next_try;
}

static struct aside_file *find_aside(const struct aside *aside, const char *name)
{
	for (size_t i = 0; i < aside->count; i++)
		if (strcmp(aside->list[i].name, name) == 0)
			return (struct aside_file *)&aside->list[i];
	return NULL;
}

void aside_add(struct aside *aside, const char *name, unsigned tries, double next_try)
{
	struct aside_file *file;

	if (aside->count == ASIDE_MAX || find_aside(aside, name))
		return;
	file = &aside->list[aside->count++];
	strcpy(file->name, name);
	file->tries = tries;
	file->next_try = next_try;
}

void aside_remove(struct aside *aside, const char *name)
{
	struct aside_file *file = find_aside(aside, name);

	if (file)
		*file = aside->list[--aside->count];
}

bool aside_has(const struct aside *aside, const char *name)
{
	return find_aside(aside, name) != NULL;
}

const struct aside_file *aside_due(struct aside *aside, double now, double timeout_s)
{
	for (size_t i = 0; i < aside->count; i++) {
		struct aside_file *file = &aside->list[i];

		if (now < file->next_try)
			continue;
		file->next_try = now + timeout_s;
		file->tries++;
		return file;
	}
	return NULL;
}

double aside_wait_s(const struct aside *aside, double now)
{
	double wait = INFINITY;

	for (size_t i = 0; i < aside->count; i++)
		wait = fmin(wait, fmax(aside->list[i].next_try - now, 0));
	return wait;
}

const char *trials_after(const struct trials *trials)
{
	if (trials->failures < SUSPECT_AFTER_TRIALS)
		return NULL;
	return trials->last[0] ? trials->last : trials->suspect;
}

void trials_failed(struct trials *trials, const char *name, bool answered)
{
	if (!answered) {
		*trials = (struct trials){ 0 };
		return;
	}
	if (strcmp(trials->suspect, name) == 0) {
		/* Met again after a round over the others: they fail too, count anew. */
		if (trials->failures++ == SUSPECT_AFTER_TRIALS)
			trials->failures = 1;
		trials->last[0] = '\0';
	} else if (trials->failures >= SUSPECT_AFTER_TRIALS) {
		strcpy(trials->last, name);
	} else {
		trials->failures = 1;
		strcpy(trials->suspect, name);
	}
}

bool trials_passed(struct trials *trials, const char *name, char ret[SPOOL_NAME_SIZE])
{
	bool found = trials->failures >= SUSPECT_AFTER_TRIALS &&
		     strcmp(trials->suspect, name) != 0;

	if (found)
		strcpy(ret, trials->suspect);
	*trials = (struct trials){ 0 };
	return found;
}
