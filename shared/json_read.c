#include "json_read.h"

#include <cjson/cJSON.h>
#include <string.h>

/* struct json_node is cJSON under another name, so that cJSON stays in this file. */

static const cJSON *as_cjson(const struct json_node *node)
{
	return (const cJSON *)(const void *)node;
}

static const struct json_node *as_node(const cJSON *item)
{
	return (const struct json_node *)(const void *)item;
}

struct json_node *json_read(const char *data, size_t len)
{
	const char *end = data;
	cJSON *root = cJSON_ParseWithLengthOpts(data, len, &end, false);

	/* cJSON leaves what follows the document to its caller. */
	while (root && end < data + len && *end != '\0' && strchr(" \t\r\n", *end))
		end++;
	if (root && end < data + len) {
		cJSON_Delete(root);
		root = NULL;
	}
	return (struct json_node *)(void *)root;
}

void json_read_release(struct json_node *root)
{
	cJSON_Delete((cJSON *)(void *)root);
}

const struct json_node *json_get(const struct json_node *node, const char *name)
{
	return as_node(cJSON_GetObjectItemCaseSensitive(as_cjson(node), name));
}

const struct json_node *json_child(const struct json_node *node)
{
	return node ? as_node(as_cjson(node)->child) : NULL;
}

const struct json_node *json_next(const struct json_node *node)
{
	return node ? as_node(as_cjson(node)->next) : NULL;
}

const char *json_name(const struct json_node *node)
{
	return node ? as_cjson(node)->string : NULL;
}

const char *json_node_string(const struct json_node *node)
{
	return cJSON_IsString(as_cjson(node)) ? as_cjson(node)->valuestring : NULL;
}

const char *json_get_string(
	const struct json_node *node, const char *name, const char *fallback)
{
	const char *s = json_node_string(json_get(node, name));

	return s ? s : fallback;
}

double json_get_number(const struct json_node *node, const char *name, double fallback)
{
	const cJSON *item = as_cjson(json_get(node, name));

	return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

uint64_t json_get_count(const struct json_node *node, const char *name)
{
	double value = json_get_number(node, name, 0);

	return value >= 0 && value <= 9007199254740992.0 ? (uint64_t)value : 0;
}

bool json_get_bool(const struct json_node *node, const char *name, bool fallback)
{
	const cJSON *item = as_cjson(json_get(node, name));

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}
