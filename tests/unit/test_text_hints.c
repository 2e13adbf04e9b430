/* links: logtail/logtail.a */
#include "unit.h"

#include "correlation.h"
#include "json_write.h"
#include "logtail/text_hints.h"
#include "password_mask.h"
#include "redact.h"

static const struct {
	const char *text;
	unsigned want;
} cases[] = {
	{ "", 0 },
	{ "p", 0 },
	{ "SELECT 1 FROM answers WHERE a = 'b' AND updated_at < now()", 0 },
	{ "password", HINT_PASSWORD },
	{ "PassWord", HINT_PASSWORD },
	{ "passwd", HINT_PASSWORD },
	{ "passw", HINT_PASSWORD },
	{ "passv", 0 },
	{ "asswd", 0 },
	{ "IDENTIFIED", HINT_PASSWORD },
	{ "identified by", HINT_PASSWORD },
	{ "identifier if modified", 0 },
	{ "://", HINT_PASSWORD },
	{ ":/", 0 },
	{ "\x1a/", 0 },
	{ "bitville-", HINT_CORRELATION },
	{ "Bitville-", 0 },
	{ "bitville", 0 },
	{ "bitville- password", HINT_CORRELATION | HINT_PASSWORD },
};

typedef char *put_text(char *at, const char *s, size_t len, bool *maybe);

/* While it is written: it comes out as without a look at it. Returns whether it may have a hint. */
static bool check_put(put_text *put, const char *text, size_t len)
{
	char is[JSON_TEXT_ROOM(300)], want[JSON_TEXT_ROOM(300)];
	size_t is_len, want_len;
	bool maybe = false;

	is_len = (size_t)(put(is, text, len, &maybe) - is);
	want_len = (size_t)(json_put_text(want, text, len) - want);
	check(text, is_len == want_len && memcmp(is, want, is_len) == 0);
	return maybe;
}

static unsigned hints_of(const char *text, size_t len)
{
	char *exact = malloc(len + 1); /* the sanitizer sees a byte too many */
	unsigned hints;

	memcpy(exact + 1, text, len);
	hints = text_hints(exact + 1, len);
	check(text, check_put(text_hints_put, exact + 1, len) || !hints);
	check(text, check_put(text_hints_put_narrow, exact + 1, len) || !hints);
	free(exact);
	return hints;
}

static void a_word_is_found_at_any_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t before = 0; before < 70; before++) {
			char text[200];
			size_t len = strlen(cases[i].text);

			memset(text, 't', sizeof(text));
			memcpy(text + before, cases[i].text, len);
			check(cases[i].text,
				hints_of(text, before + len) == cases[i].want);
			text[before + len] = '.';
			check(cases[i].text, hints_of(text, before + len + before % 40 +
								    1) == cases[i].want);
			text[before % 40] =
				'\n'; /* a character to be escaped on its way */
			if (before % 40 < before || before == 0)
				hints_of(text, before + len + before % 40 + 1);
		}
	}
}

/* Wherever it stands: at the borders of what a vector holds, and in what is left of a text. */
static void any_two_bytes_are_written_alike_by_every_machine(void **state)
{
	static const size_t places[] = { 0, 1, 14, 15, 16, 30, 31, 32, 33, 40, 62, 63 };
	static const size_t ends[] = { 2, 3, 17, 31, 32, 33, 34, 48, 64, 65, 70 };

	(void)state;
	for (unsigned pair = 0; pair <= 0xffff; pair++) {
		size_t at = places[pair % COUNT(places)];
		size_t len = at + ends[pair / 7 % COUNT(ends)];
		char text[140], *exact = malloc(len);
		bool any, narrow;

		memset(text, 'x', sizeof(text));
		text[at] = (char)(pair >> 8);
		text[at + 1] = (char)pair;
		memcpy(exact, text, len);
		any = check_put(text_hints_put, exact, len);
		narrow = check_put(text_hints_put_narrow, exact, len);
		check(text, !any || narrow);
		/* A control character may be taken for a sign. */
		check(text, any == narrow || (unsigned char)text[at] < ' ' ||
				    (unsigned char)text[at + 1] < ' ');
		free(exact);
	}
}

static const char *const words[] = { "passw", "ord", "d", "=", " ", "'", "x",
	"identified", " by ", "://", "u:", "@", "PASSWORD", "\"", "ALTER ROLE r ", "$a$",
	"\xc3\xa9", "--", "\n", "bitville-", "0123abcd-0123-0123-0123-0123456789ab",
	"Pass", "WORD" };

/* Words in any order: whatever a mask would change, a hint has been given for. */
static void no_mask_changes_a_text_without_a_hint(void **state)
{
	uint32_t random = 12345;
	size_t changed = 0;

	(void)state;
	for (size_t run = 0; run < 20000; run++) {
		char text[512] = "", id[CORRELATION_ID_LEN + 1];
		size_t count = run % 9 + 1, len;
		struct buf sql, prose;
		unsigned hints;

		for (size_t i = 0; i < count; i++) {
			random = random * 1664525 + 1013904223;
			strcat(text, words[(random >> 16) % COUNT(words)]);
		}
		len = strlen(text);
		hints = text_hints(text, len);
		buf_init(&sql, 10000);
		buf_init(&prose, 10000);
		redact_sql(REDACT_NONE, text, len, &sql);
		password_mask(text, len, run % 2, &prose);
		if (strcmp(sql.data, text) != 0 || strcmp(prose.data, text) != 0) {
			check(text, hints & HINT_PASSWORD);
			changed++;
		}
		if (correlation_id_find(text, len, id))
			check(text, hints & HINT_CORRELATION);
		buf_release(&sql);
		buf_release(&prose);
	}
	assert_true(changed > 1000);
}

static void a_plain_text_is_passed_over(void **state)
{
	static const char text[] =
		"SELECT o.id, sum(l.amount) FROM orders o WHERE o.at > "
		"'2025-11-30' AND \"o\".\"note\" IS NULL";
	char out[JSON_TEXT_ROOM(sizeof(text))];
	bool maybe = false;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++)
		text_hints_put(out, text, len, &maybe);
	assert_false(maybe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_text_is_passed_over),
		cmocka_unit_test(a_word_is_found_at_any_place),
		cmocka_unit_test(any_two_bytes_are_written_alike_by_every_machine),
		cmocka_unit_test(no_mask_changes_a_text_without_a_hint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
