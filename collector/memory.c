#include "memory.h"

#include <stdio.h>
#include <string.h>

int memory_open(struct memory *memory, const struct spool *spool, enum redact_mode redact,
	struct err *err)
{
	*memory = (struct memory){ .redact = redact };
	memory->now = counters_file_new();
	memory->texts = texts_new();
	if (!memory->now || !memory->texts)
		return err_set(err, ERR_RETRY, "state: out of memory");
	if (!spool)
		return 0;
	if (counters_load(spool, &memory->before, err) < 0)
		return -1;
	return texts_load(spool, memory->texts, err);
}

void memory_meet(struct memory *memory, const struct server *server,
	struct source_context *context)
{
	char owner[OWNER_SIZE];

	snprintf(owner, sizeof(owner), "%s %s", server->system_identifier,
		server->started);
	counters_file_clear(memory->now);
	strcpy(memory->now->owner, owner);
	snprintf(owner, sizeof(owner), "%s %s %d", server->system_identifier,
		server->version_text, (int)memory->redact);
	texts_claim(memory->texts, owner);
	context->server = server;
	context->before =
		memory->before && strcmp(memory->before->owner, memory->now->owner) == 0
			? memory->before
			: NULL;
	context->now = memory->now;
	context->texts = memory->texts;
}

int memory_save(
	struct memory *memory, const struct spool *spool, double wall_s, struct err *err)
{
	if (!*memory->now->owner) /* no server was met */
		return 0;
	if (memory->before && strcmp(memory->before->owner, memory->now->owner) == 0)
		counters_carry(memory->now, memory->before);
	if (counters_save(spool, memory->now, err) < 0)
		return -1;
	return texts_save(spool, memory->texts, wall_s, err);
}

void memory_release(struct memory *memory)
{
	counters_file_free(memory->before);
	counters_file_free(memory->now);
	texts_free(memory->texts);
	*memory = (struct memory){ 0 };
}
