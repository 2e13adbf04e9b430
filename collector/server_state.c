#include "server_state.h"

#include <stdio.h>

#define KEPT_S 3600.0

/* The texts among what is known. */
static const struct {
	const char *name;
	size_t offset, size;
} texts[] = {
#define TEXT(name, member)                                      \
	{                                                       \
		name, offsetof(struct server, member),          \
			sizeof(((struct server *)NULL)->member) \
	}
	TEXT("version", version_text),
	TEXT("system_identifier", system_identifier),
	TEXT("started", started),
	TEXT("role", role),
	TEXT("database", database),
	TEXT("schema", statements_schema),
	TEXT("columns", columns),
#undef TEXT
};

#define TEXTS_COUNT (sizeof(texts) / sizeof(texts[0]))

void server_state_write(struct json *json, const struct server *server)
{
	if (!*server->version_text || !server->reads_all_stats ||
		server->statements_trouble.kind != TROUBLE_NONE) {
		json_null(json);
		return;
	}
	json_object(json);
	json_key(json, "at");
	json_decimal(json, server->wall_known_s, 3);
	json_key(json, "number");
	json_int(json, server->version);
	json_key(json, "extension");
	json_int(json, server->statements_version);
	json_key(json, "role_oid");
	json_uint(json, server->role_oid);
	json_key(json, "on_linux");
	json_bool(json, server->on_linux);
	for (size_t i = 0; i < TEXTS_COUNT; i++) {
		json_key(json, texts[i].name);
		json_string(json, (const char *)server + texts[i].offset);
	}
	json_end(json);
}

void server_state_read(
	const struct json_node *node, double wall_now_s, struct server *ret)
{
	double wall_at_s = json_get_number(node, "at", 0);

	*ret = (struct server){ 0 };
	if (!node || wall_now_s < wall_at_s || wall_now_s - wall_at_s > KEPT_S)
		return;
	ret->wall_known_s = wall_at_s;
	ret->version = (int)json_get_count(node, "number");
	ret->statements_version = (int)json_get_count(node, "extension");
	ret->role_oid = (uint32_t)json_get_count(node, "role_oid");
	ret->on_linux = json_get_bool(node, "on_linux", false);
	ret->reads_all_stats = true;
	for (size_t i = 0; i < TEXTS_COUNT; i++)
		snprintf((char *)ret + texts[i].offset, texts[i].size, "%s",
			json_get_string(node, texts[i].name, ""));
}
