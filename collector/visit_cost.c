#include "visit_cost.h"

#include <math.h>

static void write_decimal(struct json *json, const char *name, double value, int decimals)
{
	json_key(json, name);
	json_decimal(json, value, decimals);
}

void visit_cost_write(struct json *json, const struct visit_cost *cost)
{
	if (cost->round_trips == 0) {
		json_null(json);
		return;
	}
	json_object(json);
	write_decimal(json, "ms", cost->ms, 1);
	write_decimal(json, "connect_ms", cost->connect_ms, 1);
	json_known_uint(json, "round_trips", true, cost->round_trips);
	json_known_uint(json, "sent_bytes", true, cost->sent_bytes);
	json_known_uint(json, "received_bytes", true, cost->received_bytes);
	write_decimal(json, "calls", cost->calls, 0);
	write_decimal(json, "total_exec_time", cost->total_exec_ms, 3);
	json_end(json);
}

void visit_cost_read(const struct json_node *node, struct visit_cost *ret)
{
	*ret = (struct visit_cost){ 0 };
	if (json_get_count(node, "round_trips") == 0)
		return;
	*ret = (struct visit_cost){ .ms = json_get_number(node, "ms", 0),
		.connect_ms = json_get_number(node, "connect_ms", 0),
		.round_trips = (unsigned)json_get_count(node, "round_trips"),
		.sent_bytes = json_get_count(node, "sent_bytes"),
		.received_bytes = json_get_count(node, "received_bytes"),
		.calls = json_get_number(node, "calls", NAN),
		.total_exec_ms = json_get_number(node, "total_exec_time", NAN) };
}
