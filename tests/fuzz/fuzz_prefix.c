/* links: logtail/logtail.a */
/* A prefix, a NUL and lines: what is found lies within the line, and guessing ends. */
#include "fuzz.h"

#include "logtail/log_time.h"
#include "logtail/prefix.h"
#include "logtail/prefix_guess.h"

static const char outside[] = "outside";

static bool is_within(struct slice slice, const char *line, size_t len)
{
	return slice.s >= line && slice.len > 0 && slice.len <= len &&
	       slice.s + slice.len <= line + len;
}

/* The short way finds what the long one finds. */
static void match_both(const struct prefix *prefix, const char *line, size_t line_len)
{
	struct prefix slow = *prefix;
	struct entry entries[2];
	struct log_word words[2];
	size_t lens[2];
	bool found;

	slow.has_strides = false;
	memset(entries, 0, sizeof(entries));
	found = prefix_match(prefix, line, line_len, &entries[0], &words[0], &lens[0]);
	must(prefix_match(&slow, line, line_len, &entries[1], &words[1], &lens[1]) ==
		found);
	must(memcmp(&entries[0], &entries[1], sizeof(entries[0])) == 0);
	must(!found || (lens[0] == lens[1] && words[0].len == words[1].len));
}

static void match_line(const struct prefix *prefix, const char *text, size_t line_len)
{
	char *line = malloc(line_len + 1); /* a byte too many would be seen */
	struct entry entry = { .time = { outside, 7 }, .pid = -1 };
	struct log_word word;
	struct log_clock clock = { .zone = "" };
	char iso[LOG_TIME_TEXT_SIZE];
	size_t len, iso_len;
	int64_t us;

	memcpy(line, text, line_len);
	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		entry.text[i] = entry.time;
	if (prefix_match(prefix, line, line_len, &entry, &word, &len)) {
		must(len <= line_len && word.len <= len && word.word_len < word.len);
		must((entry.time.s == outside) == !prefix->has_time);
		must((entry.pid == -1) == !prefix->has_pid);
		must(entry.time.s == outside || !entry.time.s ||
			is_within(entry.time, line, len - word.len));
		for (size_t i = 0; i < ENTRY_TEXTS; i++)
			must(entry.text[i].s == outside || !entry.text[i].s ||
				is_within(entry.text[i], line, len - word.len));
		if (entry.time.s && log_time_read(&clock, entry.time.s, entry.time.len,
					    iso, &iso_len, &us))
			must(iso_len < sizeof(iso));
	} else {
		must(entry.time.s == outside && entry.pid == -1);
	}
	match_both(prefix, line, line_len);
	free(line);
}

/* The usual line is found before its end is, too. */
static void match_start(
	const struct prefix *prefix, const char *text, size_t len, size_t line_len)
{
	char *exact = malloc(len + 1);
	struct prefix_fields fields, whole;

	memcpy(exact, text, len);
	if (prefix_read_usual(prefix, exact, len, &fields)) {
		must(fields.len <= line_len);
		must(prefix_read(prefix, exact, line_len, &whole));
		must(fields.len == whole.len && fields.pid == whole.pid &&
			fields.has == whole.has && fields.word.len == whole.word.len);
	}
	free(exact);
}

static void match_lines(const char *log_line_prefix, const char *text, size_t len)
{
	struct prefix prefix;

	if (prefix_compile(log_line_prefix, &prefix, NULL) < 0)
		return;
	for (size_t at = 0; at <= len;) {
		const char *newline = at < len ? memchr(text + at, '\n', len - at) : NULL;
		size_t line_len = newline ? (size_t)(newline - text) - at : len - at;

		match_line(&prefix, text + at, line_len);
		match_start(&prefix, text + at, len - at, line_len);
		at += line_len + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *log_line_prefix = strndup((const char *)data, len);
	size_t prefix_len = strlen(log_line_prefix),
	       at = prefix_len < len ? prefix_len + 1 : len;
	char *text = malloc(len - at + 1), guess[PREFIX_GUESS_SIZE];

	memcpy(text, data + at, len - at);
	match_lines(log_line_prefix, text, len - at);
	log_time_shape(text, len - at);
	if (prefix_guess(text, len - at, guess)) {
		struct prefix prefix;

		must(strlen(guess) < sizeof(guess));
		must(prefix_compile(guess, &prefix, NULL) == 0);
		match_lines(guess, text, len - at);
	}
	free(text);
	free(log_line_prefix);
	return 0;
}
