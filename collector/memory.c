#include "memory.h"

#include <stdio.h>
#include <string.h>

static int load(struct memory *memory, const struct spool *spool, struct err *err)
{
	struct zstd_codec *codec = zstd_codec_new();
	int rc = -1;

	if (!codec)
		return err_set(err, ERR_RETRY, "state: out of memory");
	if (counters_load(spool, codec, &memory->before, err) == 0)
		rc = texts_load(spool, codec, memory->texts, err);
	zstd_codec_free(codec);
	return rc;
}

int memory_open(struct memory *memory, const struct spool *spool, bool keep,
	enum redact_mode redact, struct err *err)
{
	*memory = (struct memory){ .redact = redact };
	memory->texts = texts_new();
	memory->now = keep ? counters_file_new() : NULL;
	if (!memory->texts || (keep && !memory->now))
		return err_set(err, ERR_RETRY, "state: out of memory");
	return spool ? load(memory, spool, err) : 0;
}

static bool is_same(const struct memory *memory)
{
	return memory->before && strcmp(memory->before->owner, memory->owner) == 0;
}

void memory_meet(struct memory *memory, const struct server *server,
	struct source_context *context)
{
	char owner[OWNER_SIZE];

	snprintf(memory->owner, sizeof(memory->owner), "%s %s", server->system_identifier,
		server->started);
	if (memory->now)
		counters_file_clear(memory->now);
	snprintf(owner, sizeof(owner), "%s %s %d", server->system_identifier,
		server->version_text, (int)memory->redact);
	texts_claim(memory->texts, owner);
	context->server = server;
	context->before = is_same(memory) ? memory->before : NULL;
	context->now = memory->now;
	context->texts = memory->texts;
}

int memory_save(struct memory *memory, const struct spool *spool,
	struct zstd_codec *codec, double wall_s, struct err *err)
{
	if (!*memory->owner || !memory->now)
		return 0;
	strcpy(memory->now->owner, memory->owner);
	counters_carry(memory->now, is_same(memory) ? memory->before : NULL);
	counters_file_free(memory->before);
	memory->before = NULL;
	if (counters_save(spool, codec, memory->now, err) < 0)
		return -1;
	return texts_save(spool, codec, memory->texts, wall_s, err);
}

void memory_release(struct memory *memory)
{
	counters_file_free(memory->before);
	counters_file_free(memory->now);
	texts_free(memory->texts);
	*memory = (struct memory){ 0 };
}
