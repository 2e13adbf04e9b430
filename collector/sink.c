#include "sink.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MIN 16 /* characters: below that the texts are not what is too large */
#define FRAME_MARGIN_BYTES 4096 /* a block: what a small file takes */

int sink_open(struct sink *sink, const struct spool *spool,
	const struct spool_limits *limits, uint64_t size_bytes, struct err *err)
{
	*sink = (struct sink){
		.spool = spool, .limits = *limits, .size_bytes = size_bytes
	};
	buf_init(&sink->json, PAYLOAD_MAX_BYTES);
	if (!spool)
		return 0;
	sink->codec = zstd_codec_new();
	if (!sink->codec)
		return err_set(err, ERR_RETRY, "compression: out of memory");
	spool_batch_init(&sink->batch, spool, sink->codec);
	return 0;
}

void sink_close(struct sink *sink)
{
	if (sink->codec)
		spool_batch_release(&sink->batch);
	zstd_codec_free(sink->codec);
	buf_release(&sink->json);
	sink->codec = NULL;
}

static int render(struct sink *sink, const struct payload_meta *meta, size_t text_max,
	sink_writer *write, void *context, struct err *err)
{
	struct json json;

	for (size_t limit = text_max; limit >= TEXT_MIN; limit /= 2) {
		buf_clear(&sink->json);
		payload_begin(&json, &sink->json, meta);
		write(&json, limit, context);
		payload_end(&json);
		if (!sink->json.failed)
			return 0;
	}
	return err_set(err, ERR_RETRY, "%s: no memory for its payload, or over %zu bytes",
		meta->source, PAYLOAD_MAX_BYTES);
}

static int print(struct sink *sink, struct err *err)
{
	if (fwrite(sink->json.data, 1, sink->json.len, stdout) != sink->json.len ||
		fflush(stdout) != 0)
		return err_errno(err, ERR_RETRY, "write to standard output");
	sink->payloads++;
	return 0;
}

int sink_payload(struct sink *sink, const struct payload_meta *meta, size_t text_max,
	sink_writer *write, void *context, struct err *err)
{
	uint64_t size = sink->size_bytes + sink->written_bytes + sink->batch.bytes;

	if (render(sink, meta, text_max, write, context, err) < 0)
		return -1;
	if (!sink->spool)
		return print(sink, err);
	if (spool_check_room(sink->spool, &sink->limits, size,
		    sink->json.len + FRAME_MARGIN_BYTES, err) < 0)
		return -1;
	return spool_batch_add(
		&sink->batch, meta->source, sink->json.data, sink->json.len, err);
}

int sink_publish(struct sink *sink, struct err *err)
{
	size_t count = sink->batch.count;

	if (!sink->spool || count == 0)
		return 0;
	if (spool_batch_publish(&sink->batch, err) < 0)
		return -1;
	sink->payloads += count;
	if (!*sink->first)
		strcpy(sink->first, sink->batch.files[0].name);
	sink_drop(sink, false);
	return 0;
}

void sink_drop(struct sink *sink, bool leave)
{
	if (!sink->spool)
		return;
	sink->written_bytes += sink->batch.bytes;
	if (leave)
		spool_batch_leave(&sink->batch);
	spool_batch_release(&sink->batch);
	spool_batch_init(&sink->batch, sink->spool, sink->codec);
}

const char *sink_last_name(const struct sink *sink)
{
	return sink->spool && sink->batch.count > 0
		       ? sink->batch.files[sink->batch.count - 1].name
		       : NULL;
}
