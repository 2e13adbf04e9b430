/*
 * Small JSON documents of our own (the state files), read into a tree by cJSON.
 *
 * Ownership: json_read() allocates, json_read_release() frees the tree and everything that
 * was got from it; it accepts NULL. Nodes are read-only.
 * Numbers are doubles: exact to 2^53, enough for our counters.
 */
#ifndef SHARED_JSON_READ_H
#define SHARED_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_node;

/* NULL when data is not JSON or there is no memory. */
struct json_node *json_read(const char *data, size_t len);
void json_read_release(struct json_node *root);

/* Member of an object, NULL when absent or when node is NULL or no object. */
const struct json_node *json_get(const struct json_node *node, const char *name);

/* For walking an array or object: first child, then the next; NULL at the end. */
const struct json_node *json_child(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);

/* Name of an object's member, NULL for other nodes. */
const char *json_name(const struct json_node *node);

/* The member's value, or fallback when it is absent or of another type. */
const char *json_get_string(
	const struct json_node *node, const char *name, const char *fallback);
double json_get_number(const struct json_node *node, const char *name, double fallback);
uint64_t json_get_count(const struct json_node *node, const char *name);
bool json_get_bool(const struct json_node *node, const char *name, bool fallback);

/* A string node's text, NULL for other nodes. */
const char *json_node_string(const struct json_node *node);

#endif
