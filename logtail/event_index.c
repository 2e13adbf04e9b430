#include "event_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool compile_class(struct known *known, const struct event_class *as)
{
	int len = snprintf(
		known->key.text, sizeof(known->key.text), ",\"event\":\"%s\"", as->name);

	known->name = as->name;
	known->as = as;
	known->key.len = (size_t)len;
	known->sql = as->more || as->lines;
	if (known->key.len >= sizeof(known->key.text) ||
		!event_patterns_init(&known->message, as->message) ||
		!event_patterns_init(&known->lines, as->lines) ||
		!event_patterns_init(&known->detail, as->detail))
		return false;
	for (size_t i = 0; i < known->message.count; i++)
		known->sql |= known->message.list[i]->sql;
	return true;
}

static bool compile_classes(struct event_table *table)
{
	const struct event_class *as;

	table->class_count = event_class_count + event_error_class_count;
	table->classes = calloc(table->class_count, sizeof(table->classes[0]));
	if (!table->classes)
		return false;
	for (size_t i = 0; i < table->class_count; i++) {
		as = i < event_class_count ? &event_classes[i]
					   : &event_error_classes[i - event_class_count];
		if (!compile_class(&table->classes[i], as))
			return false;
	}
	return event_patterns_init(&table->any_detail, event_any_detail);
}

/* Is what head leaves of a message one value, and nothing to be done but to take it? */
static bool is_whole(const struct known *known, const struct event_head *head)
{
	const struct step *rest = head->rest;

	return rest && rest->bit != 0 && rest->kind != EVENT_OPAQUE &&
	       strcmp(rest->name, EVENT_DURATION) != 0 && !known->as->lines &&
	       !known->as->more;
}

static struct opening make_opening(
	const struct known *known, const struct event_head *head)
{
	return (struct opening){
		.head = *head,
		.levels = known->as->levels,
		.whole = is_whole(known, head),
		.known = known,
	};
}

/* Counts each slot's openings; or, with room for them, puts each where its slot ends, which then is
 * one further. False: one is too short. */
static bool each_opening(struct event_table *table, size_t counts[EVENT_SLOTS])
{
	for (size_t c = 0; c < table->class_count; c++) {
		const struct known *known = &table->classes[c];

		for (size_t h = 0; h < known->message.head_count; h++) {
			const struct event_head *head = &known->message.heads[h];
			size_t slot;

			if (head->len < EVENT_SLOT_BYTES)
				return false;
			slot = event_slot(
				head->text); /* there is a NUL or "|" behind it */
			if (counts)
				counts[slot]++;
			else
				*table->slots[slot + 1]++ = make_opening(known, head);
		}
	}
	return true;
}

static bool index_openings(struct event_table *table)
{
	size_t counts[EVENT_SLOTS] = { 0 }, count = 0;

	if (!each_opening(table, counts))
		return false;
	for (size_t n = 0; n < EVENT_SLOTS; n++)
		count += counts[n];
	table->openings = calloc(count + 1, sizeof(table->openings[0]));
	if (!table->openings)
		return false;
	/* slots[n + 1] goes from where slot n begins to where it ends. */
	table->slots[0] = table->slots[1] = table->openings;
	for (size_t n = 1; n < EVENT_SLOTS; n++)
		table->slots[n + 1] = table->slots[n] + counts[n - 1];
	return each_opening(table, NULL);
}

struct event_table *event_table_new(void)
{
	struct event_table *table = calloc(1, sizeof(*table));

	if (table)
		table->duration_bit = event_name_bit(EVENT_DURATION);
	if (table && (!compile_classes(table) || !index_openings(table))) {
		event_table_free(table);
		return NULL;
	}
	return table;
}

void event_table_free(struct event_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; table->classes && i < table->class_count; i++) {
		event_patterns_release(&table->classes[i].message);
		event_patterns_release(&table->classes[i].lines);
		event_patterns_release(&table->classes[i].detail);
	}
	event_patterns_release(&table->any_detail);
	free(table->classes);
	free(table->openings);
	free(table);
}
