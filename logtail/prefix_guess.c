#include "prefix_guess.h"

#include <string.h>

#include "prefix.h"
#include "prefix_compose.h"

#define LINES_MAX 256
#define LOOK_BYTES 1024 /* for the word */
#define DRAFTS_MAX 12   /* composed prefixes that are tried */
#define NEARLY_ALL 0.9

/*
 * From documentation, packages and the providers' defaults. Of two that fit equally the first wins:
 * Debian's stands before the server's default, which it includes, for a log without a session in it.
 */
static const char *const usual[] = {
	"%m [%p] %q%u@%d ",                                /* Debian's packages */
	"%m [%p] ",                                        /* the server's own since 10 */
	"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ", /* pgBadger's manual */
	"%t [%p]: user=%u,db=%d,app=%a,client=%h ",
	"%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%r ",
	"%t [%p]: [%l-1] user=%u,db=%d,client=%h ", "%t [%p]: [%l-1] user=%u,db=%d ",
	"%t [%p]: user=%u,db=%d ", "%t [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
	"%t [%p]: db=%d,user=%u,app=%a,client=%h ", "%t [%p]: [%l-1] db=%d,user=%u ",
	"%t [%p]: [%l-1] ", "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
	"%m [%p]: user=%u,db=%d,app=%a,client=%h ", "%m [%p]: [%l-1] user=%u,db=%d ",
	"%m [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ",
	"%m [%p]: [%l-1] db=%d,user=%u ",                /* Cloud SQL */
	"%m [%p]: [%l-1] ", "%t:%r:%u@%d:[%p]:",         /* RDS, Aurora */
	"%t-%c-",                                        /* Azure */
	"%t [%p-%l] %r %q%u@%d ", "%t [%p-%l] %q%u@%d ", /* Debian's before 10 */
	"%m [%p-%l] %q%u@%d ", "%t [%p] %q%u@%d ", "%m [%p] %q[user=%u,db=%d,app=%a] ",
	"%m [%p] %q%a@%d ", "%m [%p] %q%u@%d/%a ", "%m [%p] %q%u@%d %a ",
	"%t [%p]: ", "%m [%p]: ", "%t [%p] ",
	"< %m > ",                   /* PGDG's packages for Red Hat before 10 */
	"< %t > ", "%m ", "%t ", "", /* the server's own before 10 */
};

struct line {
	const char *s;
	size_t len, word_at;
};

struct sample {
	struct line lines[LINES_MAX];
	size_t count;
	bool sessions; /* some lines are of sessions for sure */
};

struct score {
	size_t fits, values;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c >= 0x80;
}

/* Where the first word is, if it is a severity. */
static bool find_severity(struct line *line, struct log_word *ret)
{
	for (size_t i = 0; i < line->len && i < LOOK_BYTES; i++)
		if ((i == 0 || !is_letter(line->s[i - 1])) &&
			log_word_find(line->s + i, line->len - i, ret)) {
			line->word_at = i;
			return ret->is_severity;
		}
	return false;
}

/* Messages that only a session writes. */
static bool is_of_session(const char *message, size_t len)
{
	static const char *const begins[] = { "duration: ", "statement: ", "execute ",
		"disconnection: " };

	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (len >= strlen(begins[i]) &&
			memcmp(message, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

static void split(const char *sample, size_t len, struct sample *ret)
{
	const char *end = sample + len;

	ret->count = 0;
	ret->sessions = false;
	for (const char *s = sample; s < end && ret->count < LINES_MAX;) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));
		struct line line = { s, (size_t)((newline ? newline : end) - s), 0 };
		struct log_word word;

		if (line.len > 0 && s[0] != '\t' && find_severity(&line, &word)) {
			size_t message = line.word_at + word.len;

			ret->sessions |= is_of_session(s + message, line.len - message);
			ret->lines[ret->count++] = line;
		}
		s += line.len + 1;
	}
}

/* "[unknown]", also translated; "[local]" */
static bool is_placeholder(struct slice value)
{
	if (value.len < 3 || value.s[0] != '[' || value.s[value.len - 1] != ']')
		return false;
	for (size_t i = 1; i < value.len - 1; i++)
		if (!is_letter(value.s[i]))
			return false;
	return true;
}

/* Would a server print this for such a value? Bytes that mostly separate values are not in it. */
static bool is_plausible(struct slice value, const char *separators)
{
	if (is_placeholder(value))
		return true;
	for (size_t i = 0; i < value.len; i++)
		if (strchr(separators, value.s[i]))
			return false;
	return true;
}

/* No program calls itself so. */
static bool is_address(struct slice value)
{
	if (value.len == 7 && memcmp(value.s, "[local]", 7) == 0)
		return true;
	for (size_t i = 0; i < value.len; i++)
		if (!strchr("0123456789abcdef.:()", value.s[i]))
			return false;
	return value.len > 0 &&
	       (memchr(value.s, '.', value.len) || memchr(value.s, ':', value.len));
}

static bool are_plausible(const struct entry *entry)
{
	static const struct {
		enum entry_text text;
		const char *separators;
	} rules[] = {
		{ ENTRY_USER, " \t()[]{}<>,;:|=/@\"'" },
		{ ENTRY_DATABASE, " \t()[]{}<>,;:|=/@\"'" },
		{ ENTRY_REMOTE_HOST, " \t()[]{}<>,;|=/@\"'" },
		{ ENTRY_APPLICATION_NAME, "[]=@,;|" },
		{ ENTRY_PS, "=@,;|:()" },
		{ ENTRY_BACKEND_TYPE, "=@,;|:[]()" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!is_plausible(entry->text[rules[i].text], rules[i].separators))
			return false;
	return !is_address(entry->text[ENTRY_APPLICATION_NAME]);
}

static size_t values_of(const struct entry *entry)
{
	size_t n = (entry->time.s != NULL) + (entry->pid > 0);

	for (size_t i = 0; i < ENTRY_TEXTS; i++)
		n += entry->text[i].s != NULL;
	return n;
}

/* Is there something after %q that would stand in a session's lines, but is in none? */
static bool promises_too_much(
	const struct sample *sample, const char *log_line_prefix, bool seen)
{
	return sample->sessions && !seen && strstr(log_line_prefix, "%q");
}

static struct score score_of(const struct sample *sample, const char *log_line_prefix)
{
	struct prefix prefix;
	struct score score = { 0, 0 };
	bool seen = false; /* a session's values */

	if (prefix_compile(log_line_prefix, &prefix, NULL) < 0)
		return score;
	for (size_t i = 0; i < sample->count; i++) {
		const struct line *line = &sample->lines[i];
		struct entry entry = { .level = LEVEL_UNPARSED };
		struct log_word word;
		size_t len, values;

		if (!prefix_match(&prefix, line->s, line->len, &entry, &word, &len) ||
			!are_plausible(&entry))
			continue;
		/* With %L alone, any text would do. */
		values = values_of(&entry);
		if (values == 0 && strstr(log_line_prefix, "%L"))
			continue;
		seen |= entry.text[ENTRY_USER].s || entry.text[ENTRY_DATABASE].s ||
			entry.text[ENTRY_APPLICATION_NAME].s ||
			entry.text[ENTRY_REMOTE_HOST].s;
		score.fits++;
		score.values += values;
	}
	return promises_too_much(sample, log_line_prefix, seen) ? (struct score){ 0, 0 }
								: score;
}

static bool is_better(struct score a, struct score b)
{
	return a.fits > b.fits || (a.fits == b.fits && a.values > b.values);
}

static void consider(const struct sample *sample, const char *log_line_prefix,
	struct score *best, char ret[PREFIX_GUESS_SIZE])
{
	struct score score = score_of(sample, log_line_prefix);

	if (strlen(log_line_prefix) >= PREFIX_GUESS_SIZE || !is_better(score, *best))
		return;
	*best = score;
	strcpy(ret, log_line_prefix);
}

/*
 * A process without a session may stop anywhere in it. Not behind any text, though: that would take
 * all that follows for the text's value.
 */
static void consider_with_q(const struct sample *sample, const char *draft,
	struct score *best, char ret[PREFIX_GUESS_SIZE])
{
	char text[PREFIX_GUESS_SIZE + 2];

	for (size_t at = 1; draft[at]; at++) {
		if (draft[at - 1] == '%' || (at > 1 && draft[at - 2] == '%' &&
						    strchr("udarhibL", draft[at - 1])))
			continue;
		memcpy(text, draft, at);
		memcpy(text + at, "%q", 2);
		strcpy(text + at + 2, draft + at);
		consider(sample, text, best, ret);
	}
}

static void compose(
	const struct sample *sample, struct score *best, char ret[PREFIX_GUESS_SIZE])
{
	char drafts[DRAFTS_MAX][PREFIX_GUESS_SIZE];
	size_t count = 0;

	for (size_t i = 0; i < 2 * sample->count && count < DRAFTS_MAX; i++) {
		const struct line *line = &sample->lines[i / 2];
		char *draft = drafts[count];
		size_t same = 0;

		if (!prefix_compose(
			    line->s, line->word_at, i % 2 == 1, draft, PREFIX_GUESS_SIZE))
			continue;
		while (same < count && strcmp(drafts[same], draft) != 0)
			same++;
		if (same < count)
			continue;
		count++;
		consider(sample, draft, best, ret);
		if (best->fits < sample->count)
			consider_with_q(sample, draft, best, ret);
	}
}

bool prefix_guess(const char *sample, size_t len, char ret[PREFIX_GUESS_SIZE])
{
	struct sample lines;
	struct score best = { 0, 0 };
	char guess[PREFIX_GUESS_SIZE] = "";

	split(sample, len, &lines);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		consider(&lines, usual[i], &best, guess);
	if ((double)best.fits < NEARLY_ALL * (double)lines.count)
		compose(&lines, &best, guess);
	if (lines.count == 0 || best.fits * 2 < lines.count)
		return false;
	strcpy(ret, guess);
	return true;
}
