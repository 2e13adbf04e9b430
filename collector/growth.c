#include "growth.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

/* Values of a row in its set: when it was reset, then the counters. */
enum { RESET, FIRST_COUNTER };

/* One part of an answer. */
struct growth {
	const struct growth_view *view;
	struct rows *rows;                 /* NULL: not measured */
	const struct counters_set *before; /* NULL: not known */
	bool asked;
	int reset, key;                   /* columns */
	int columns[COUNTERS_VALUES_MAX]; /* by place in the set */
	unsigned values;
};

struct growths {
	struct growth parts[SOURCE_PARTS_MAX];
	unsigned count;
	double since_s, now_s;
};

bool growth_compose(
	struct buf *sql, const struct server *server, const struct growth_view *view)
{
	if (!server_has_view(server, view->name))
		return false;
	buf_adds(sql, "SELECT ");
	server_columns(sql, server, view->name, "", view->labels);
	buf_adds(sql, ", ");
	server_columns(sql, server, view->name, "", view->counters);
	if (server_has_column(server, view->name, "stats_reset"))
		buf_adds(sql, ", pg_catalog.date_part('epoch', stats_reset) AS _reset");
	buf_addf(sql,
		", %s::text AS _key, pg_catalog.count(*) OVER () AS _total "
		"FROM pg_catalog.%s",
		view->key ? view->key : "''", view->name);
	if (view->used_only) {
		buf_adds(sql, " WHERE GREATEST(");
		server_columns(sql, server, view->name, "", view->counters);
		buf_adds(sql, ") > 0");
	}
	if (view->order)
		buf_addf(sql, " ORDER BY %s", view->order);
	buf_addf(sql, " LIMIT %u", view->rows_max);
	return true;
}

static void find_columns(struct growth *growth)
{
	const char *names = growth->view->counters;

	growth->key = rows_column(growth->rows, "_key");
	growth->reset = rows_column(growth->rows, "_reset");
	growth->values = FIRST_COUNTER;
	while (*names) {
		size_t len = strcspn(names, ", ");
		char name[64];
		int column;

		snprintf(name, sizeof(name), "%.*s", (int)len, names);
		column = rows_column(growth->rows, name);
		if (column >= 0 && growth->values < COUNTERS_VALUES_MAX)
			growth->columns[growth->values++] = column;
		names += len;
		names += strspn(names, ", ");
	}
}

static void begin(struct growth *growth, const struct growth_view *view,
	const struct answer *answer, unsigned part)
{
	const struct counters_set *before =
		counters_find_set(answer->context->before, view->name);

	*growth = (struct growth){ .view = view,
		.rows = answer->rows[part],
		.asked = !isnan(answer->ms[part]) };
	if (!growth->rows)
		return;
	find_columns(growth);
	if (before && before->at_s > 0 && before->values == growth->values)
		growth->before = before;
}

static void read_row(
	const struct growth *growth, int row, double ret[COUNTERS_VALUES_MAX])
{
	ret[RESET] = rows_number(growth->rows, row, growth->reset);
	for (unsigned i = FIRST_COUNTER; i < growth->values; i++)
		ret[i] = rows_number(growth->rows, row, growth->columns[i]);
}

/* What the row grew from since the last run, NULL when that is not known. */
static const double *was_of(const struct growth *growth, int row, const double *is)
{
	static const double nothing[COUNTERS_VALUES_MAX];
	const struct counters_set *before = growth->before;
	const double *was =
		counters_find(before, rows_text(growth->rows, row, growth->key));

	if (!before)
		return NULL;
	if (!was) /* new, unless the last run could not see all */
		return before->keys.count < growth->view->rows_max ? nothing : NULL;
	for (unsigned i = FIRST_COUNTER; i < growth->values; i++)
		if (is[i] < was[i])
			return nothing;
	if (is[RESET] == was[RESET])
		return was;
	return growth->view->ambiguous ? NULL : nothing;
}

static void write_delta(struct json *json, const struct growth *growth, int row)
{
	const PGresult *result = growth->rows->result;
	double is[COUNTERS_VALUES_MAX];
	const double *was;

	read_row(growth, row, is);
	was = was_of(growth, row, is);
	json_key(json, "delta");
	if (!was) {
		json_null(json);
		return;
	}
	json_object(json);
	for (unsigned i = FIRST_COUNTER; i < growth->values; i++) {
		int column = growth->columns[i];

		json_key(json, PQfname(result, column));
		if (PQgetisnull(result, row, column))
			json_null(json);
		else
			json_decimal(json, is[i] - was[i],
				rows_is_float(growth->rows, column) ? 3 : 0);
	}
	json_end(json);
}

static void write_row(struct json *json, const struct growth *growth, int row)
{
	rows_object(json, growth->rows, row, JSON_NO_LIMIT);
	write_delta(json, growth, row);
	json_end(json);
}

static void write_part(struct json *json, const struct growth *growth)
{
	int count = growth->rows ? PQntuples(growth->rows->result) : 0;

	json_key(json, growth->view->member);
	if (growth->view->rows_max == 1 && count > 0) {
		write_row(json, growth, 0);
		return;
	}
	if (growth->view->rows_max == 1 || !growth->rows) {
		json_null(json);
		return;
	}
	json_array(json);
	for (int row = 0; row < count; row++)
		write_row(json, growth, row);
	json_end(json);
	rows_counts(json, "", growth->rows);
}

void growth_write_time(struct json *json, const char *name, double time_s)
{
	bool known = time_s > 0 && time_s < 1e11; /* a state may hold anything */
	char text[33];

	clock_wall_format_us(known ? (int64_t)(time_s * 1e6 + 0.5) : 0, text);
	json_key(json, name);
	json_string(json, known ? text : NULL);
}

void growth_write_since(struct json *json, double since_s, double now_s)
{
	growth_write_time(json, "since", since_s);
	json_key(json, "interval_s");
	json_decimal(json, since_s > 0 ? now_s - since_s : NAN, 3);
}

static void write_all(struct json *json, size_t text_max, void *context)
{
	const struct growths *growths = context;

	(void)text_max;
	for (unsigned part = 0; part < growths->count; part++)
		if (growths->parts[part].asked)
			write_part(json, &growths->parts[part]);
	growth_write_since(json, growths->since_s, growths->now_s);
}

/* For the next run: not before it is whole. */
static void keep(const struct growth *growth, struct counters_file *now, double now_s)
{
	struct counters_set *set =
		counters_add_set(now, growth->view->name, 0, growth->values);
	int count = PQntuples(growth->rows->result);

	for (int row = 0; set && row < count; row++) {
		double *values =
			counters_add(set, rows_text(growth->rows, row, growth->key));

		if (!values)
			return;
		read_row(growth, row, values);
	}
	if (set)
		set->at_s = now_s;
}

int growth_emit(const struct growth_view *views, unsigned count,
	const struct answer *answer, struct sink *sink, struct err *err)
{
	const struct source_context *context = answer->context;
	struct growths growths = { .count = count, .now_s = context->server->now_s };
	bool any = false;

	for (unsigned part = 0; part < count; part++) {
		struct growth *growth = &growths.parts[part];

		begin(growth, &views[part], answer, part);
		any |= growth->rows && PQntuples(growth->rows->result) > 0;
		if (growth->before && growths.since_s == 0)
			growths.since_s = growth->before->at_s;
		else if (growth->before && growth->before->at_s != growths.since_s)
			growth->before = NULL; /* `since` is the first one's */
	}
	if (!any)
		return 0;
	if (sink_payload(sink, &answer->meta, JSON_NO_LIMIT, write_all, &growths, err) <
		0)
		return -1;
	for (unsigned part = 0; part < count; part++)
		if (growths.parts[part].rows)
			keep(&growths.parts[part], context->now, growths.now_s);
	return 0;
}
