#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* What two entries more may take: their texts, their names and numbers. */
#define BATCH_SPARE_BYTES (3 * (ENTRY_TEXT_MAX_BYTES + (16 << 10)))
/* Envelope, count and levels around the entries of a payload. */
#define AROUND_BYTES ((size_t)32 << 10)
#define TEXT_BYTES (BATCH_BYTES + BATCH_SPARE_BYTES + 2 * AROUND_BYTES)
#define ENTRIES_SIZE (BATCH_ENTRIES_MAX + 1024)

int batch_init(struct batch *batch, struct err *err)
{
	*batch = (struct batch){ 0 };
	buf_init(&batch->text, TEXT_BYTES);
	buf_init(&batch->around, AROUND_BYTES);
	buf_init(&batch->payload, PAYLOAD_MAX_BYTES);
	batch->entries = calloc(ENTRIES_SIZE, sizeof(*batch->entries));
	if (!batch->entries || !buf_reserve(&batch->text, TEXT_BYTES - 1) ||
		!buf_reserve(&batch->around, AROUND_BYTES - 1) ||
		!buf_reserve(&batch->payload, PAYLOAD_MAX_BYTES - 1)) {
		batch_release(batch);
		return err_set(err, ERR_RETRY, "out of memory");
	}
	batch_clear(batch, true);
	return 0;
}

void batch_release(struct batch *batch)
{
	batch_clear(batch, true);
	buf_release(&batch->text);
	buf_release(&batch->around);
	buf_release(&batch->payload);
	free(batch->entries);
	batch->entries = NULL;
}

void batch_clear(struct batch *batch, bool committed)
{
	buf_clear(&batch->text);
	batch->text.len = AROUND_BYTES;
	batch->count = 0;
	for (size_t i = 0; i < batch->groups_count; i++)
		free(batch->groups[i].file);
	batch->groups_count = 0;
	batch->group = 0;
	batch->id_s = 0;
	if (committed)
		batch->ids_count = 0;
}

bool batch_is_full(const struct batch *batch)
{
	return batch->text.len >= AROUND_BYTES + BATCH_BYTES ||
	       batch->count >= BATCH_ENTRIES_MAX ||
	       batch->groups_count >= BATCH_GROUPS_MAX - 2;
}

/* May this id have payloads of its own in this commit? */
static bool admit_id(struct batch *batch, const char *id)
{
	for (size_t i = 0; i < batch->ids_count; i++)
		if (memcmp(batch->ids[i], id, CORRELATION_ID_LEN) == 0)
			return true;
	if (batch->ids_count == BATCH_IDS_MAX)
		return false;
	memcpy(batch->ids[batch->ids_count++], id, CORRELATION_ID_LEN + 1);
	return true;
}

/* The group's place; the latest are looked at first. -1: no more groups. */
static int find_group(struct batch *batch, uint64_t log, const char *file, const char *id)
{
	struct batch_group *group;

	if (batch->latest < batch->groups_count) {
		group = &batch->groups[batch->latest];
		if (group->log == log && !*group->id && !*id)
			return (int)batch->latest;
	}
	for (size_t i = batch->groups_count; i-- > 0;)
		if (strcmp(batch->groups[i].id, id) == 0 && batch->groups[i].log == log)
			return (int)i;
	if (batch->groups_count == BATCH_GROUPS_MAX)
		return -1;
	group = &batch->groups[batch->groups_count];
	*group = (struct batch_group){ .log = log, .file = strdup(file) };
	if (!group->file)
		return -1;
	memcpy(group->id, id, strlen(id) + 1);
	return (int)batch->groups_count++;
}

static inline void add_comma(struct buf *text)
{
	if (text->size - text->len < 2 && !buf_reserve(text, 1))
		return;
	text->data[text->len++] = ',';
	text->data[text->len] = '\0';
}

static int finish_entry(struct batch *batch, struct batch_entry entry, uint64_t log,
	const char *file, const char *id, double now_s)
{
	bool split = *id && admit_id(batch, id);
	int group = find_group(batch, log, file, split ? id : "");

	if (batch->text.failed || group < 0) {
		batch->text.len = entry.at;
		batch->text.failed = false;
		return -1;
	}
	entry.len = batch->text.len - entry.at;
	entry.group = (uint16_t)group;
	batch->latest = (size_t)group;
	add_comma(&batch->text);
	if (*id && !split)
		batch->groups[group].not_split++;
	if (batch->count == 0)
		batch->first_s = now_s;
	if (*id && batch->id_s <= 0)
		batch->id_s = now_s;
	batch->entries[batch->count++] = entry;
	return 0;
}

int batch_add(struct batch *batch, struct entry_writer *writer, const struct entry *entry,
	uint64_t log, const char *file, double now_s)
{
	struct batch_entry added = { .at = batch->text.len,
		.level = (uint8_t)entry->level };
	struct entry_facts facts;

	if (batch->count == ENTRIES_SIZE)
		return -1;
	entry_write(writer, entry, &batch->text, &facts);
	added.wall_us = facts.wall_us;
	return finish_entry(
		batch, added, log, file, facts.has_id ? facts.correlation_id : "", now_s);
}

static void write_time(struct json *json, const char *key, int64_t wall_us)
{
	char text[21];

	json_key(json, key);
	if (wall_us == 0) {
		json_null(json);
		return;
	}
	clock_wall_format(wall_us, text);
	json_string(json, text);
}

static void write_gap(struct buf *out, const struct gap *gap, int64_t wall_us)
{
	struct json json;
	char time[21];

	clock_wall_format(wall_us, time);
	json_begin(&json, out);
	json_object(&json);
	json_key(&json, "timestamp");
	json_string(&json, time);
	json_key(&json, "pid");
	json_null(&json);
	json_key(&json, "level");
	json_string(&json, level_names[LEVEL_GAP]);
	json_key(&json, "message");
	json_string(&json, gap->what);
	json_key(&json, "gap_file");
	json_string(&json, gap->file);
	json_key(&json, "gap_bytes");
	if (gap->bytes_known)
		json_uint(&json, gap->bytes);
	else
		json_null(&json);
	write_time(&json, "gap_from", gap->from_wall_us);
	write_time(&json, "gap_to", gap->to_wall_us);
	json_end(&json);
}

/* Many logs may be gone at once: without groups left, a gap goes along with another log's entries. */
static uint64_t log_of_gap(const struct batch *batch, const struct gap *gap)
{
	if (batch->groups_count < BATCH_GROUPS_MAX - 2)
		return gap->log;
	for (size_t i = 0; i < batch->groups_count; i++)
		if (!*batch->groups[i].id)
			return batch->groups[i].log;
	return gap->log;
}

int batch_add_gap(struct batch *batch, const struct gap *gap, double now_s)
{
	struct batch_entry added = {
		.at = batch->text.len, .level = LEVEL_GAP, .wall_us = clock_wall_us()
	};

	if (batch->count == ENTRIES_SIZE)
		return -1;
	write_gap(&batch->text, gap, added.wall_us);
	return finish_entry(batch, added, log_of_gap(batch, gap), gap->file, "", now_s);
}

/* How many entries from the group's first on fit into one payload; what they are. */
struct share {
	size_t end; /* the first entry that is not in it */
	size_t count;
	uint64_t levels[LEVELS];
	int64_t newest_us;
};

static struct share choose_share(const struct batch *batch, size_t group)
{
	struct share share = { .end = batch->groups[group].first };
	size_t bytes = 0;

	for (; share.end < batch->count; share.end++) {
		const struct batch_entry *entry = &batch->entries[share.end];

		if (entry->group != group)
			continue;
		bytes += entry->len + 1;
		if (share.count > 0 && bytes > PAYLOAD_MAX_BYTES - AROUND_BYTES)
			break;
		share.count++;
		share.levels[entry->level]++;
		if (entry->wall_us > share.newest_us)
			share.newest_us = entry->wall_us;
	}
	return share;
}

/* Neighbours are copied at once, with the commas between them. */
static void write_entries(
	const struct batch *batch, size_t group, size_t end, struct buf *json)
{
	size_t from = 0, to = 0; /* of the run under way, without its last comma */

	for (size_t i = batch->groups[group].first; i < end; i++) {
		const struct batch_entry *entry = &batch->entries[i];

		if (entry->group != group)
			continue;
		if (to > from && entry->at != to + 1) {
			buf_add(json, batch->text.data + from, to + 1 - from);
			to = from = 0;
		}
		if (to == from)
			from = entry->at;
		to = entry->at + entry->len;
	}
	buf_add(json, batch->text.data + from, to - from);
}

static void write_levels(struct json *json, const uint64_t levels[LEVELS])
{
	json_key(json, "levels");
	json_object(json);
	for (int i = 0; i < LEVELS; i++) {
		if (levels[i] == 0)
			continue;
		json_key(json, level_names[i]);
		json_uint(json, levels[i]);
	}
	json_end(json);
}

/* All but the entries. Returns how much of it comes before them. */
static size_t write_around(struct batch *batch, const struct payload_meta *meta,
	size_t group, const struct share *share)
{
	struct payload_meta own = *meta;
	struct json json;
	size_t before;

	own.correlation_id = batch->groups[group].id;
	own.wall_us = share->newest_us ? share->newest_us : clock_wall_us();
	buf_clear(&batch->around);
	payload_begin(&json, &batch->around, &own);
	json_key(&json, "file");
	json_string(&json, batch->groups[group].file);
	json_key(&json, "entries");
	json_array(&json);
	before = batch->around.len;
	json_end(&json);
	json_key(&json, "count");
	json_uint(&json, share->count);
	write_levels(&json, share->levels);
	if (batch->groups[group].not_split > 0) {
		json_key(&json, "ids_not_split");
		json_uint(&json, batch->groups[group].not_split);
		batch->groups[group].not_split = 0;
	}
	payload_end(&json);
	return before;
}

/* Where all that is left goes into one payload, the rest of it is put around the entries as they stand. */
static struct slice surround_entries(struct batch *batch, size_t group, size_t before)
{
	const struct buf *around = &batch->around;
	char *first = batch->text.data + batch->entries[batch->groups[group].first].at;
	char *last_comma = batch->text.data + batch->text.len - 1;

	memcpy(first - before, around->data, before);
	memcpy(last_comma, around->data + before, around->len - before);
	batch->text.len += around->len - before - 1; /* what is added comes behind it */
	return (struct slice){ first - before,
		(size_t)(last_comma - first) + around->len };
}

static struct slice collect_entries(
	struct batch *batch, size_t group, size_t end, size_t before)
{
	const struct buf *around = &batch->around;
	struct buf *payload = &batch->payload;

	buf_clear(payload);
	buf_add(payload, around->data, before);
	write_entries(batch, group, end, payload);
	buf_add(payload, around->data + before, around->len - before);
	return (struct slice){ payload->failed ? NULL : payload->data, payload->len };
}

static bool group_has_more(const struct batch *batch, size_t group)
{
	for (size_t i = batch->groups[group].first; i < batch->count; i++)
		if (batch->entries[i].group == group)
			return true;
	return false;
}

bool batch_next_payload(
	struct batch *batch, const struct payload_meta *meta, struct slice *ret_json)
{
	struct share share;
	size_t before, group;

	while (batch->group < batch->groups_count && !group_has_more(batch, batch->group))
		batch->group++;
	if (batch->group == batch->groups_count)
		return false;
	group = batch->group;
	share = choose_share(batch, group);
	before = write_around(batch, meta, group, &share);
	if (batch->around.failed)
		*ret_json = (struct slice){ NULL, 0 };
	else if (batch->groups_count == 1 && share.end == batch->count)
		*ret_json = surround_entries(batch, group, before);
	else
		*ret_json = collect_entries(batch, group, share.end, before);
	batch->groups[group].first = share.end;
	return true;
}
