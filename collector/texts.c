#include "texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "counters.h"
#include "keys.h"

#define FILE_NAME "texts"
#define FILE_MAX_BYTES ((size_t)8 << 20)
#define HEAD "pg-collect texts 1"
#define SAVE_AGAIN_S 3600.0
#define DUTY 100          /* a fetch that took T is followed by none for so many T */
#define WAIT_MAX_S 3600.0 /* at most */
#define FAILURES_MAX 16   /* doubled no more often */

struct text {
	size_t at; /* in texts */
	double wall_asked_s;
};

struct texts {
	char owner[OWNER_SIZE];
	struct keys keys;
	struct text *list; /* by the key's number */
	size_t room;
	struct buf texts;
	double wall_saved_s;
	bool changed;
};

struct texts *texts_new(void)
{
	struct texts *texts = calloc(1, sizeof(*texts));

	if (!texts)
		return NULL;
	keys_init(&texts->keys);
	buf_init(&texts->texts, FILE_MAX_BYTES);
	return texts;
}

void texts_free(struct texts *texts)
{
	if (!texts)
		return;
	keys_release(&texts->keys);
	buf_release(&texts->texts);
	free(texts->list);
	free(texts);
}

const char *texts_find(struct texts *texts, const char *key, double wall_s)
{
	long number = keys_find(&texts->keys, key);

	if (number < 0)
		return NULL;
	texts->list[number].wall_asked_s = wall_s;
	return texts->texts.data + texts->list[number].at;
}

void texts_add(struct texts *texts, const char *key, const char *text, double wall_s)
{
	size_t at = texts->texts.len;
	long number;

	if (texts->keys.count == texts->room) {
		size_t room = texts->room ? 2 * texts->room : 64;
		struct text *list = realloc(texts->list, room * sizeof(*list));

		if (!list)
			return;
		texts->list = list;
		texts->room = room;
	}
	buf_add(&texts->texts, text, strlen(text) + 1);
	if (texts->texts.failed)
		return;
	number = keys_add(&texts->keys, key);
	if (number < 0)
		return;
	texts->list[number] = (struct text){ at, wall_s };
	texts->changed = true;
}

bool texts_due(const struct texts_pace *pace, double wall_s)
{
	return wall_s >= pace->wall_next_s || pace->wall_next_s > wall_s + WAIT_MAX_S;
}

void texts_fetched(struct texts_pace *pace, double ms, bool failed, double wall_s)
{
	double wait_s = ms / 1000 * DUTY;

	for (unsigned i = 0; failed && i < pace->failures; i++)
		wait_s *= 2;
	pace->failures = !failed                         ? 0
			 : pace->failures < FAILURES_MAX ? pace->failures + 1
							 : FAILURES_MAX;
	pace->wall_next_s = wall_s + (wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S);
}

static void escape(struct buf *out, const char *text)
{
	static const char from[] = "\t\n\r\\", to[] = "tnr\\";

	for (;;) {
		size_t plain = strcspn(text, from);

		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			return;
		buf_addc(out, '\\');
		buf_addc(out, to[strchr(from, *text++) - from]);
	}
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1]) {
			text++;
			*to++ = *text == 't'   ? '\t'
				: *text == 'n' ? '\n'
				: *text == 'r' ? '\r'
					       : *text;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static int compare_asked(const void *one, const void *other)
{
	const struct text *const *a = one, *const *b = other;

	if ((*a)->wall_asked_s != (*b)->wall_asked_s)
		return (*a)->wall_asked_s > (*b)->wall_asked_s ? -1 : 1;
	return *a < *b ? -1 : *a > *b;
}

void texts_format(const struct texts *texts, double wall_s, struct buf *text)
{
	size_t count = texts->keys.count;
	const struct text **order = calloc(count + 1, sizeof(*order));

	if (!order) {
		text->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++)
		order[i] = &texts->list[i];
	qsort(order, count, sizeof(*order), compare_asked);
	buf_addf(text, HEAD "\t%.0f\t%s\n", wall_s, texts->owner);
	for (size_t i = 0; i < count && i < TEXTS_MAX && text->len < TEXTS_MAX_BYTES;
		i++) {
		buf_addf(text, "%s\t%.0f\t",
			keys_at(&texts->keys, (size_t)(order[i] - texts->list)),
			order[i]->wall_asked_s);
		escape(text, texts->texts.data + order[i]->at);
		buf_addc(text, '\n');
	}
	free(order);
}

static bool parse_head(struct texts *texts, char *line)
{
	char *end;

	if (!line || strncmp(line, HEAD "\t", strlen(HEAD) + 1) != 0)
		return false;
	texts->wall_saved_s = strtod(line + strlen(HEAD) + 1, &end);
	if (*end != '\t')
		return false;
	snprintf(texts->owner, sizeof(texts->owner), "%s", end + 1);
	return true;
}

void texts_parse(struct texts *texts, char *text)
{
	char *rest, *line = strtok_r(text, "\n", &rest);

	if (!parse_head(texts, line))
		return;
	while ((line = strtok_r(NULL, "\n", &rest))) {
		char *asked = strchr(line, '\t'), *end;
		double wall_asked_s;

		if (!asked)
			continue;
		*asked = '\0';
		wall_asked_s = strtod(asked + 1, &end);
		if (*end != '\t' || keys_find(&texts->keys, line) >= 0)
			continue;
		unescape(end + 1);
		texts_add(texts, line, end + 1, wall_asked_s);
	}
	texts->changed = false;
}

void texts_claim(struct texts *texts, const char *owner)
{
	if (strcmp(texts->owner, owner) == 0)
		return;
	keys_release(&texts->keys);
	buf_clear(&texts->texts);
	snprintf(texts->owner, sizeof(texts->owner), "%s", owner);
}

int texts_load(const struct spool *spool, struct zstd_codec *codec, struct texts *texts,
	struct err *err)
{
	struct buf text;
	int rc;

	buf_init(&text, FILE_MAX_BYTES);
	rc = cache_file_load(spool, codec, FILE_NAME, FILE_MAX_BYTES, &text, err);
	if (rc == 0 && text.len > 0)
		texts_parse(texts, text.data);
	buf_release(&text);
	return rc;
}

int texts_save(const struct spool *spool, struct zstd_codec *codec, struct texts *texts,
	double wall_s, struct err *err)
{
	struct buf text;
	int rc;

	if (!texts->changed &&
		(texts->keys.count == 0 ||
			(wall_s >= texts->wall_saved_s &&
				wall_s - texts->wall_saved_s < SAVE_AGAIN_S)))
		return 0;
	buf_init(&text, FILE_MAX_BYTES);
	texts_format(texts, wall_s, &text);
	rc = cache_file_save(spool, codec, FILE_NAME, &text, err);
	buf_release(&text);
	if (rc == 0)
		texts->changed = false;
	return rc;
}
