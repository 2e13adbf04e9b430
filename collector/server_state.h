/*
 * What is known of a server, as an object of the state:
 *
 *	{"at":S,"version":"15.18 (…)","system_identifier":"…","started":"…","role":"…",
 *	 "role_oid":N,"database":"…",
 *	 "on_linux":true,"schema":"public","extension":110,"columns":"pg_locks locktype …\n"}
 *
 * Only what was found whole is kept, and for an hour: then the catalogs are asked again, for
 * what an ALTER EXTENSION may have added.
 */
#ifndef COLLECTOR_SERVER_STATE_H
#define COLLECTOR_SERVER_STATE_H

#include "json_read.h"
#include "json_write.h"
#include "server.h"

/* null for what is not to be kept. */
void server_state_write(struct json *json, const struct server *server);

/* *ret is zeroed where nothing can be used. */
void server_state_read(
	const struct json_node *node, double wall_now_s, struct server *ret);

#endif
