#include "ask.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "visit.h"

#define SQL_MAX_BYTES ((size_t)16 << 10)

struct asking {
	struct ask *ask;
	const struct config *config;
	struct patience *patience;
	struct visit_safety safety;
	struct visit_step steps[SOURCES_MAX];
	struct buf sql[SOURCES_MAX];
	size_t places[SOURCES_MAX]; /* in the registry, by step */
	size_t count;
};

struct diagnose_context ask_context(const struct server *server,
	const struct params *params, const struct config *config)
{
	return (struct diagnose_context){
		.role = *server->role ? server->role : params_get(params, "user"),
		.database = *server->database ? server->database
					      : params_get(params, "dbname"),
		.schema = *server->statements_schema ? server->statements_schema : NULL,
		.statement_timeout_ms = config->statement_timeout_ms
	};
}

/* A role may be named like its password: the whole sentence is scrubbed once more. */
static void explain(
	const struct asking *asking, const struct trouble *trouble, struct diagnosis *ret)
{
	const struct ask *ask = asking->ask;
	struct diagnose_context context =
		ask_context(&ask->server, ask->db.params, asking->config);

	diagnose(trouble, &context, ret);
	params_scrub(ask->db.params, ret->both);
}

/* No source could be asked: said once, told to each. */
static void fail_all(struct asking *asking, const struct trouble *trouble)
{
	struct ask *ask = asking->ask;
	struct diagnosis diagnosis;

	explain(asking, trouble, &diagnosis);
	if (trouble->kind != TROUBLE_STOPPED) /* the run says that itself */
		log_line(LOG_ERROR, "database: %s", diagnosis.both);
	for (size_t i = 0; i < sources_count; i++) {
		if (!(ask->wanted & 1u << i))
			continue;
		ask->steps[i].ms = NAN;
		snprintf(ask->steps[i].error, sizeof(ask->steps[i].error), "%s",
			diagnosis.both);
	}
}

static void fail_one(struct asking *asking, size_t place, const struct trouble *trouble)
{
	struct ask_step *step = &asking->ask->steps[place];
	struct diagnosis diagnosis;

	explain(asking, trouble, &diagnosis);
	step->trouble = trouble->kind;
	snprintf(step->error, sizeof(step->error), "%s%s", diagnosis.both,
		step->result ? "; sent without them" : "");
}

/* What went wrong, each cause once with all the sources it cost. */
static void tell(const struct ask *ask)
{
	unsigned told = 0;

	for (size_t i = 0; i < sources_count; i++) {
		const char *error = ask->steps[i].error;
		char names[256] = "";

		if (!*error || told & 1u << i || ask->steps[i].trouble == TROUBLE_STOPPED)
			continue;
		for (size_t k = i; k < sources_count; k++) {
			if (strcmp(ask->steps[k].error, error) != 0)
				continue;
			snprintf(names + strlen(names), sizeof(names) - strlen(names),
				"%s%s", k == i ? "" : ", ", sources[k]->name);
			told |= 1u << k;
		}
		log_line(LOG_WARNING, "%s: %s", names, error);
	}
}

bool ask_can(
	const struct source *source, const struct server *server, struct trouble *ret_why)
{
	struct trouble why = { 0 };

	if (server->version < SERVER_VERSION_MIN) {
		why.kind = TROUBLE_VERSION;
		snprintf(why.message, sizeof(why.message),
			"server version %.60s is too old", server->version_text);
	} else if (!server->reads_all_stats) {
		why.kind = TROUBLE_PRIVILEGE;
	} else if (source->needs_statements &&
		   server->statements_trouble.kind != TROUBLE_NONE) {
		why = server->statements_trouble;
	} else if (!source_variant(source->variants, source->version(server))) {
		why.kind = TROUBLE_VERSION;
		snprintf(why.message, sizeof(why.message),
			"%s: version too old for this program", source->name);
	} else {
		return true;
	}
	*ret_why = why;
	return false;
}

static void compose(struct asking *asking, size_t place, bool texts)
{
	const struct source *source = sources[place];
	const struct server *server = &asking->ask->server;
	size_t at = asking->count++;
	struct buf *sql = &asking->sql[at];

	buf_clear(sql);
	source->compose(sql, server,
		source_variant(source->variants, source->version(server))->columns,
		texts);
	asking->places[at] = place;
	asking->steps[at] = (struct visit_step){ .sql = sql->data ? sql->data : "" };
}

/* Which of the sources to ask again, now without the texts that made them fail. */
static void compose_again(struct asking *asking, const struct visit_step *steps,
	const size_t *places, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		const char *retry_on = sources[places[at]]->retry_on;

		if (retry_on && steps[at].trouble.kind == TROUBLE_SQL &&
			strcmp(steps[at].trouble.sqlstate, retry_on) == 0)
			compose(asking, places[at], false);
	}
}

/* One round trip; what failed is told, what came is kept. */
static int visit(struct asking *asking)
{
	struct ask *ask = asking->ask;
	int rc = visit_run(&ask->db, asking->steps, asking->count, &asking->safety,
		asking->patience);

	for (size_t at = 0; at < asking->count; at++) {
		const struct visit_step *from = &asking->steps[at];
		struct ask_step *to = &ask->steps[asking->places[at]];

		to->result = from->result;
		to->ms = isnan(to->ms) ? from->ms : to->ms + from->ms;
		to->wall_us = from->wall_us;
	}
	return rc;
}

static int ask_all(struct asking *asking)
{
	struct ask *ask = asking->ask;
	struct visit_step first[SOURCES_MAX];
	size_t places[SOURCES_MAX], count;
	struct trouble why;
	int rc = 0;

	for (size_t i = 0; i < sources_count; i++) {
		if (!(ask->wanted & 1u << i))
			continue;
		ask->steps[i].ms = NAN;
		if (ask_can(sources[i], &ask->server, &why))
			compose(asking, i, true);
		else
			fail_one(asking, i, &why);
	}
	if (asking->count > 0)
		rc = visit(asking);
	count = asking->count;
	memcpy(first, asking->steps, sizeof(first));
	memcpy(places, asking->places, sizeof(places));
	asking->count = 0;
	if (rc == 0)
		compose_again(asking, first, places, count);
	if (asking->count > 0)
		rc = visit(asking);
	for (size_t at = 0; at < count; at++)
		if (first[at].trouble.kind != TROUBLE_NONE)
			fail_one(asking, places[at], &first[at].trouble);
	tell(ask);
	return rc;
}

static int look_around(struct asking *asking, struct trouble *ret_trouble)
{
	struct ask *ask = asking->ask;
	const struct config *config = asking->config;
	double start_s = clock_s();

	if (database_connect(&ask->db, ask->db.params, config->connection_timeout_s,
		    asking->patience, ret_trouble) < 0)
		return -1;
	log_line(LOG_DEBUG, "connected to %s, port %d, in %.1f ms", ask->db.address,
		ask->db.port, (clock_s() - start_s) * 1000);
	if (server_discover(&ask->db, &asking->safety, asking->patience, &ask->server,
		    ret_trouble) < 0)
		return -1;
	asking->safety.check_connection = server_checks_connection(&ask->server);
	return 0;
}

void ask_sources(struct ask *ask, const struct config *config,
	const struct params *params, struct patience *patience)
{
	struct asking asking = { .ask = ask, .config = config, .patience = patience };
	struct trouble trouble;

	asking.safety.statement_timeout_ms = config->statement_timeout_ms;
	asking.safety.lock_timeout_ms = config->lock_timeout_ms;
	for (size_t i = 0; i < SOURCES_MAX; i++)
		buf_init(&asking.sql[i], SQL_MAX_BYTES);
	ask->db.params = params;
	if (look_around(&asking, &trouble) < 0) {
		fail_all(&asking, &trouble);
		database_abandon(&ask->db);
	} else if (ask_all(&asking) < 0) {
		database_abandon(&ask->db);
	} else {
		database_close(&ask->db);
	}
	for (size_t i = 0; i < SOURCES_MAX; i++)
		buf_release(&asking.sql[i]);
}

void ask_release(struct ask *ask)
{
	for (size_t i = 0; i < SOURCES_MAX; i++) {
		PQclear(ask->steps[i].result);
		ask->steps[i].result = NULL;
	}
	database_close(&ask->db);
}
