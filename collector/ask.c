#include "ask.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "service_unit.h"
#include "visit.h"

#define SQL_MAX_BYTES ((size_t)64 << 10)
#define STEPS_MAX (SERVER_IDENTITY_STEPS + SOURCES_MAX * SOURCE_PARTS_MAX)

/* One query of a source on its way through a round trip. */
struct asking_step {
	size_t place; /* of the source, in the registry */
	unsigned part;
	struct buf sql;
};

struct asking {
	struct ask *ask;
	const struct config *config;
	struct patience *patience;
	struct visit_safety safety;
	double budget_from_s, budget_until_s;
	struct trouble why[SOURCES_MAX]; /* the first that each source met */
	struct visit_step steps[STEPS_MAX];
	struct asking_step of[STEPS_MAX];
	size_t count;
	bool lost; /* the connection is of no more use */
};

/* The unit has the password from root's file, as a credential. */
static void find_password_place(const struct config *config, char *ret, size_t size)
{
	char unit[SERVICE_UNIT_SIZE], secret[SERVICE_UNIT_SIZE];

	if (config->database_password_file)
		snprintf(ret, size, "%s", config->database_password_file);
	else if (config->database_password)
		config_where(
			config, offsetof(struct config, database_password), ret, size);
	else if (service_unit_name("pg-collect", config->file, unit)) {
		service_unit_secret("db_password", config->file, secret);
		snprintf(ret, size, "%s", secret);
	} else
		snprintf(ret, size, "database.password_file or ~/.pgpass");
}

struct diagnose_context ask_context(const struct server *server,
	const struct params *params, const struct config *config)
{
	bool raw = !*server->role;
	struct diagnose_context context = { .raw = raw,
		.role = raw ? params_get(params, "user") : server->role,
		.database = raw ? params_get(params, "dbname") : server->database,
		.schema = *server->statements_schema ? server->statements_schema : NULL,
		.statement_timeout_ms = config->statement_timeout_ms };

	find_password_place(
		config, context.password_place, sizeof(context.password_place));
	return context;
}

/* A role may be named like its password: the whole sentence is scrubbed once more. */
static void explain(
	const struct asking *asking, const struct trouble *trouble, struct diagnosis *ret)
{
	/* Until it is reached, what is known of the server may be of another role. */
	static const struct server unknown;
	const struct ask *ask = asking->ask;
	struct diagnose_context context =
		ask_context(trouble->kind == TROUBLE_CONNECT ? &unknown : &ask->server,
			ask->db.params, asking->config);

	diagnose(trouble, &context, ret);
	params_scrub(ask->db.params, ret->both);
}

static bool is_wanted(const struct asking *asking, size_t place)
{
	return asking->ask->wanted & 1u << place;
}

/* No source could be asked: said once, told to each. */
static void fail_all(struct asking *asking, const struct trouble *trouble)
{
	struct ask *ask = asking->ask;
	struct diagnosis diagnosis;

	explain(asking, trouble, &diagnosis);
	if (trouble->kind != TROUBLE_STOPPED) /* the run says that itself */
		log_line(LOG_ERROR, "database: %s", diagnosis.both);
	for (size_t i = 0; i < sources_count; i++)
		if (is_wanted(asking, i))
			snprintf(ask->steps[i].error, sizeof(ask->steps[i].error), "%s",
				diagnosis.both);
}

static void fail_one(struct asking *asking, size_t place)
{
	struct ask_step *step = &asking->ask->steps[place];
	struct diagnosis diagnosis;

	explain(asking, &asking->why[place], &diagnosis);
	step->trouble = asking->why[place].kind;
	snprintf(step->error, sizeof(step->error), "%s%s", diagnosis.both,
		step->result[0] ? "; sent without them" : "");
}

/* What went wrong, each cause once with all the sources it cost. */
static void tell(const struct ask *ask)
{
	unsigned told = 0;

	for (size_t i = 0; i < sources_count; i++) {
		const char *error = ask->steps[i].error;
		char names[512] = "";

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
	} else {
		return true;
	}
	*ret_why = why;
	return false;
}

static void compose(struct asking *asking, size_t place, unsigned part)
{
	const struct source *source = sources[place];
	struct source_context context = asking->ask->context;
	struct asking_step *of = &asking->of[asking->count];

	context.first = asking->ask->steps[place].result[0];
	buf_clear(&of->sql);
	if (!source->compose(&of->sql, &context, part) || of->sql.failed)
		return;
	of->place = place;
	of->part = part;
	asking->steps[asking->count++] = (struct visit_step){ .sql = of->sql.data,
		.optional = source->optional_parts & 1u << part,
		.row = part == 0 ? source->row : NULL,
		.context = &asking->ask->context };
}

/* What one query brought, to its source. */
static void take(struct asking *asking, size_t at)
{
	const struct asking_step *of = &asking->of[at];
	const struct visit_step *from = &asking->steps[at];
	struct ask_step *to = &asking->ask->steps[of->place];

	to->result[of->part] = from->result;
	to->part_ms[of->part] = from->ms;
	if (!isnan(from->ms))
		to->ms = isnan(to->ms) ? from->ms : to->ms + from->ms;
	if (of->part == 0)
		to->wall_us = from->wall_us;
	if (from->trouble.kind == TROUBLE_NONE ||
		asking->why[of->place].kind != TROUBLE_NONE)
		return;
	/* A part that can wait is no failure of the others. */
	if (from->trouble.kind == TROUBLE_BUDGET && of->part > 0)
		log_line(LOG_WARNING,
			"%s: a part of it is missing: %s (collection.budget_ms)",
			sources[of->place]->name, from->trouble.message);
	else
		asking->why[of->place] = from->trouble;
}

static void round_trip(struct asking *asking, size_t from)
{
	struct visit_plan plan = { asking->steps, asking->count, &asking->safety,
		asking->budget_until_s, asking->budget_from_s };

	if (asking->count == 0 || asking->lost)
		return;
	asking->lost = visit_run(&asking->ask->db, &plan, asking->patience) < 0;
	for (size_t at = from; at < asking->count; at++)
		take(asking, at);
}

/* The first parts of those in bits. identify: also who the server is. */
static void ask_first(struct asking *asking, unsigned bits, bool identify)
{
	asking->count = 0;
	if (identify) {
		server_identity_steps(asking->steps);
		asking->count = SERVER_IDENTITY_STEPS;
	}
	for (size_t i = 0; i < sources_count; i++)
		if (bits & 1u << i && !(sources[i]->optional_parts & 1))
			compose(asking, i, 0);
	round_trip(asking, identify ? SERVER_IDENTITY_STEPS : 0);
}

/* The parts of a source that are asked in the second round trip, optional or not. */
static void compose_rest(struct asking *asking, size_t place, bool optional)
{
	const struct source *source = sources[place];
	bool whole = source->optional_parts & 1;

	if (!whole && !asking->ask->steps[place].result[0])
		return;
	for (unsigned part = whole ? 0 : 1; part < source->parts; part++) {
		bool is_optional = source->optional_parts & 1u << part;

		if (is_optional == optional)
			compose(asking, place, part);
	}
}

/* What follows from the first parts, and the optional sources; none of these delays what
 * is not optional. */
static void ask_rest(struct asking *asking, unsigned bits)
{
	asking->count = 0;
	for (int optional = 0; optional < 2; optional++)
		for (size_t i = 0; i < sources_count; i++)
			if (bits & 1u << i)
				compose_rest(asking, i, optional);
	round_trip(asking, 0);
}

void ask_clear(struct ask *ask, size_t place)
{
	struct ask_step *step = &ask->steps[place];

	for (unsigned part = 0; part < SOURCE_PARTS_MAX; part++) {
		PQclear(step->result[part]);
		step->result[part] = NULL;
		step->part_ms[part] = NAN;
	}
	step->ms = NAN;
}

/* SQLSTATEs of something that is not there: of a column, function, relation, schema. */
static bool is_altered(const struct trouble *why)
{
	static const char *const states[] = { "42703", "42883", "42P01", "3F000" };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (why->kind == TROUBLE_SQL && strcmp(why->sqlstate, states[i]) == 0)
			return true;
	return false;
}

/* The sources of bits that can be asked; the others are told why not. */
static unsigned choose(struct asking *asking)
{
	unsigned bits = 0;

	for (size_t i = 0; i < sources_count; i++)
		if (is_wanted(asking, i) &&
			ask_can(sources[i], &asking->ask->server, &asking->why[i]))
			bits |= 1u << i;
	return bits;
}

/* The server is known, or believed to be. */
static void meet(struct asking *asking)
{
	struct ask *ask = asking->ask;

	asking->safety.check_connection = server_checks_connection(&ask->server);
	memory_meet(ask->memory, &ask->server, &ask->context);
}

static int discover(struct asking *asking, struct trouble *ret_trouble)
{
	struct ask *ask = asking->ask;
	struct buf views;
	int rc;

	buf_init(&views, SQL_MAX_BYTES);
	sources_views(&views);
	memset(&ask->server, 0, sizeof(ask->server));
	rc = server_discover(&ask->db, views.data ? views.data : "''", &asking->safety,
		asking->patience, &ask->server, ret_trouble);
	buf_release(&views);
	asking->lost = rc < 0;
	if (rc == 0)
		meet(asking);
	return rc;
}

/* What these brought may be another server's, or is none: as if they had not been asked. */
static void forget(struct asking *asking, unsigned bits)
{
	for (size_t i = 0; i < sources_count; i++)
		if (bits & 1u << i) {
			ask_clear(asking->ask, i);
			asking->why[i] = (struct trouble){ 0 };
		}
}

/* The sources of bits that met something that is not there. */
static unsigned find_altered(const struct asking *asking)
{
	unsigned bits = 0;

	for (size_t i = 0; i < sources_count; i++)
		if (is_altered(&asking->why[i]))
			bits |= 1u << i;
	return bits;
}

/*
 * Asks a server that is known already, with who it is in the same round trip. Returns the
 * sources that are to be asked again once the server is discovered anew, in *ret_again:
 * all, when it is not known whose answers these are.
 */
static int ask_known(
	struct asking *asking, unsigned *ret_again, struct trouble *ret_trouble)
{
	struct ask *ask = asking->ask;
	struct server now;
	int rc;

	meet(asking);
	ask_first(asking, choose(asking), true);
	rc = server_identity_read(&ask->db, asking->steps, &now, ret_trouble);
	visit_release(asking->steps, SERVER_IDENTITY_STEPS);
	if (rc == 0 && server_is_same(&ask->server, &now) && now.reads_all_stats) {
		server_recall(&now, &ask->server);
		ask->server = now;
		*ret_again = asking->lost ? 0 : find_altered(asking);
		return 0;
	}
	*ret_again = ask->wanted;
	if (!asking->lost)
		return 0;
	forget(asking, ask->wanted);
	if (rc == 0) {
		ask->server = now;
		*ret_trouble = visit_first_trouble(asking->steps, asking->count);
	}
	return -1;
}

/* Who the server is, and the first parts; -1 when nothing can be asked. */
static int look_around(struct asking *asking, struct trouble *ret_trouble)
{
	struct ask *ask = asking->ask;
	unsigned again = ask->wanted;

	if (database_connect(&ask->db, ask->db.params,
		    asking->config->connection_timeout_s, asking->patience,
		    ret_trouble) < 0)
		return -1;
	log_line(LOG_DEBUG, "connected to %s, port %d, in %.1f ms", ask->db.address,
		ask->db.port, ask->db.cost.connect_ms);
	if (*ask->server.version_text && ask_known(asking, &again, ret_trouble) < 0)
		return -1;
	if (again == 0)
		return 0;
	forget(asking, again);
	if (discover(asking, ret_trouble) < 0)
		return -1;
	ask_first(asking, choose(asking) & again, false);
	return 0;
}

static void ask_all(struct asking *asking)
{
	struct ask *ask = asking->ask;
	struct trouble trouble;

	if (look_around(asking, &trouble) < 0) {
		asking->lost = true;
		fail_all(asking, &trouble);
		return;
	}
	ask->reached = true;
	postmaster_of_session(&kernel_here, PQbackendPID(ask->db.conn),
		PQuser(ask->db.conn), PQdb(ask->db.conn), ask->db.port, &ask->postmaster);
	ask_rest(asking, choose(asking));
	for (size_t i = 0; i < sources_count; i++)
		if (asking->why[i].kind != TROUBLE_NONE)
			fail_one(asking, i);
	if (find_altered(asking))
		ask->server.wall_known_s = 0; /* the next run asks anew */
	tell(ask);
}

int ask_sources(struct ask *ask, const struct config *config, const struct params *params,
	struct patience *patience, struct err *err)
{
	struct asking *asking = calloc(1, sizeof(*asking));

	if (!asking)
		return err_set(err, ERR_RETRY, "database: out of memory");
	*asking = (struct asking){ .ask = ask, .config = config, .patience = patience };
	asking->safety.statement_timeout_ms = config->statement_timeout_ms;
	asking->safety.lock_timeout_ms = config->lock_timeout_ms;
	asking->budget_from_s = clock_s();
	asking->budget_until_s = asking->budget_from_s + config->budget_ms / 1000.0;
	for (size_t i = 0; i < STEPS_MAX; i++)
		buf_init(&asking->of[i].sql, SQL_MAX_BYTES);
	for (size_t i = 0; i < SOURCES_MAX; i++)
		ask_clear(ask, i);
	ask->db.params = params;
	ask_all(asking);
	if (asking->lost)
		database_abandon(&ask->db);
	else
		database_close(&ask->db);
	for (size_t i = 0; i < STEPS_MAX; i++)
		buf_release(&asking->of[i].sql);
	free(asking);
	return 0;
}

void ask_release(struct ask *ask)
{
	for (size_t i = 0; i < SOURCES_MAX; i++)
		ask_clear(ask, i);
	database_close(&ask->db);
}
