#include "payload.h"

void payload_begin(struct json *json, struct buf *buf, const struct payload_meta *meta)
{
	json_begin(json, buf);
	json_object(json);
	json_key(json, "correlation_id");
	json_string(json, meta->correlation_id);
	json_key(json, "project");
	json_string(json, meta->project);
	json_key(json, "timestamp");
	json_seconds(json, meta->wall_us);
	json_key(json, "source");
	json_string(json, meta->source);
	json_key(json, "data");
	json_object(json);
	json_key(json, "host");
	json_string(json, meta->host);
	if (!meta->server)
		return;
	json_key(json, "server");
	json_object(json);
	json_key(json, "address");
	json_string(json, meta->server->address);
	json_key(json, "port");
	json_int(json, meta->server->port);
	json_key(json, "version");
	json_string(json, meta->server->version);
	json_key(json, "system_identifier");
	json_string(json, meta->server->system_identifier);
	json_end(json);
}

void payload_end(struct json *json)
{
	json_end(json);
	json_end(json);
	buf_addc(json->buf, '\n');
}
