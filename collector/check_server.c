#include "check_database.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mend.h"
#include "source.h"

#define SKEW_MAX_S 5

void check_server(struct database_check *check)
{
	const struct server *server = &check->server;

	if (server->version < SERVER_VERSION_MIN) {
		buf_adds(&check->mend, "update PostgreSQL to 12 or newer");
		check_fail(check, "server: version %s is too old", server->version_text);
	} else if (server->version >= SERVER_VERSION_KNOWN + 10000) {
		buf_adds(&check->mend, "update this program");
		check_warn(check, "server: version %s is newer than this program knows",
			server->version_text);
	} else {
		check_ok(check, "server: version %s%s", server->version_text,
			server->in_recovery ? ", a standby" : "");
	}
	if (!*server->system_identifier) {
		mend_on_primary(&check->mend, server);
		buf_addf(&check->mend,
			"\\c %s\nGRANT EXECUTE ON FUNCTION pg_control_system() TO %s;\n",
			check->database, check->role);
		check_warn(check, "server: pg_control_system() is not allowed: "
				  "no system identifier");
	}
}

/* Times of payloads are the machine's, those in them the server's. */
void check_clock(struct database_check *check)
{
	double ahead_s = check->server.now_s - check->server.wall_known_s;

	if (check->is_local || check->server.now_s <= 0)
		return;
	if (fabs(ahead_s) > SKEW_MAX_S) {
		buf_adds(&check->mend,
			"sudo timedatectl set-ntp true   # on that of the two that is "
			"wrong\n");
		check_warn(check, "clock: the server's is %.0f s %s this machine's",
			fabs(ahead_s), ahead_s > 0 ? "ahead of" : "behind");
	} else {
		check_ok(check, "clock: the server's is this machine's");
	}
}

static bool has_any_view(const struct server *server, const char *views)
{
	char view[64];
	size_t len;

	for (; *views; views += strspn(views, ", ")) {
		len = strcspn(views, ", ");
		snprintf(view, sizeof(view), "%.*s", (int)len, views);
		if (server_has_view(server, view))
			return true;
		views += len;
	}
	return false;
}

/* Those of the server that it does not have; the extension has its own lines. */
void check_sources(struct database_check *check)
{
	char missing[512] = "", kept[512] = "";

	for (size_t i = 0; i < sources_count; i++) {
		const struct source *source = sources[i];
		bool has = !source->views || source->needs_statements ||
			   has_any_view(&check->server, source->views);
		char *list = has ? kept : missing;

		if (check->job->sources & 1u << i)
			snprintf(list + strlen(list), sizeof(kept) - strlen(list), "%s%s",
				*list ? ", " : "", source->name);
	}
	if (!*missing)
		return;
	if (!check->job->listed)
		mend_config(&check->mend, check->job->config,
			offsetof(struct config, sources), kept);
	check_warn(check, "sources: this server has no %s: not sent", missing);
}
