/* links: logtail/logtail.a */
#include "unit.h"

#include "logtail/log_word.h"
#include "logtail/log_word_table.h"

static const struct {
	const char *line;
	unsigned what;
	bool translated;
	size_t word_len, len;
} found[] = {
	{ "DEBUG:  x", SEVERITY(LEVEL_DEBUG), false, 5, 8 },
	{ "LOG:  x", SEVERITY(LEVEL_LOG), false, 3, 6 },
	{ "INFO:  x", SEVERITY(LEVEL_INFO), false, 4, 7 },
	{ "NOTICE:  x", SEVERITY(LEVEL_NOTICE), false, 6, 9 },
	{ "WARNING:  x", SEVERITY(LEVEL_WARNING), false, 7, 10 },
	{ "ERROR:  x", SEVERITY(LEVEL_ERROR), false, 5, 8 },
	{ "FATAL:  x", SEVERITY(LEVEL_FATAL), false, 5, 8 },
	{ "PANIC:  x", SEVERITY(LEVEL_PANIC), false, 5, 8 },
	{ "DETAIL:  x", SECTION(ENTRY_DETAIL), false, 6, 9 },
	{ "HINT:  x", SECTION(ENTRY_HINT), false, 4, 7 },
	{ "QUERY:  x", SECTION(ENTRY_INTERNAL_QUERY), false, 5, 8 },
	{ "CONTEXT:  x", SECTION(ENTRY_CONTEXT), false, 7, 10 },
	{ "LOCATION:  x", SECTION(ENTRY_FUNC_NAME), false, 8, 11 },
	{ "BACKTRACE:  x", SECTION(ENTRY_BACKTRACE), false, 9, 12 },
	{ "STATEMENT:  x", SECTION(ENTRY_STATEMENT), false, 9, 12 },
	/* what is a blank of the text stays with it */
	{ "LOG:     x", SEVERITY(LEVEL_LOG), false, 3, 6 },
	/* the end of a line */
	{ "LOG:  ", SEVERITY(LEVEL_LOG), false, 3, 6 },
	{ "LOG: ", SEVERITY(LEVEL_LOG), false, 3, 5 },
	{ "LOG:", SEVERITY(LEVEL_LOG), false, 3, 4 },
	{ "HINWEIS:", SEVERITY(LEVEL_NOTICE), true, 7, 8 },
	/* a word that begins as an English one */
	{ "LOGG:  x", SEVERITY(LEVEL_LOG), true, 4, 7 },
	{ "FATALE:  x", SEVERITY(LEVEL_FATAL), true, 6, 9 },
	{ "NOTIS:  x", SEVERITY(LEVEL_NOTICE), true, 5, 8 },
	{ "CONTEXTE :  x", SECTION(ENTRY_CONTEXT), true, 8, 12 },
	/* French blanks, of any kind */
	{ "ASTUCE :  x", SECTION(ENTRY_HINT), true, 6, 10 },
	{ "ASTUCE\xc2\xa0:  x", SECTION(ENTRY_HINT), true, 6, 11 },
	{ "ASTUCE\xa0:  x", SECTION(ENTRY_HINT), true, 6, 10 },
	{ "ASTUCE\xe2\x80\xaf:  x", SECTION(ENTRY_HINT), true, 6, 12 },
	{ "ASTUCE:  x", SECTION(ENTRY_HINT), true, 6, 9 },
	{ "PILE D'APPEL : x", SECTION(ENTRY_BACKTRACE), true, 12, 15 },
	/* other blanks after the colon */
	{ "위치: x", SECTION(ENTRY_FUNC_NAME), true, 6, 8 },
	{ "쿼리:x", SECTION(ENTRY_INTERNAL_QUERY), true, 6, 7 },
	{ "쿼리:  x", SECTION(ENTRY_INTERNAL_QUERY), true, 6, 9 },
	{ "მდებარეობა:   x", SECTION(ENTRY_FUNC_NAME), true, 30, 34 },
	{ "სტეკი:   x", SECTION(ENTRY_BACKTRACE), true, 15, 18 },
	/* one of each language, in UTF-8 and in another encoding */
	{ "FEHLER:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "ERREUR:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "DÉTAIL:  x", SECTION(ENTRY_DETAIL), true, 7, 10 },
	{ "D\xc9TAIL:  x", SECTION(ENTRY_DETAIL), true, 6, 9 },
	{ "UBICACIÓN:  x", SECTION(ENTRY_FUNC_NAME), true, 10, 13 },
	{ "UBICACI\xd3N:  x", SECTION(ENTRY_FUNC_NAME), true, 9, 12 },
	{ "ERRORE:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "FRÅGA:  x", SECTION(ENTRY_INTERNAL_QUERY), true, 6, 9 },
	{ "FR\xc5GA:  x", SECTION(ENTRY_INTERNAL_QUERY), true, 5, 8 },
	{ "HATA:  x", SEVERITY(LEVEL_ERROR), true, 4, 7 },
	{ "ÖLÜMCÜL (FATAL):  x", SEVERITY(LEVEL_FATAL), true, 18, 21 },
	{ "BŁĄD:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "B\xa3\xa1"
	  "D:  x",
		SEVERITY(LEVEL_ERROR), true, 4, 7 },
	{ "COMANDO:  x", SECTION(ENTRY_STATEMENT), true, 7, 10 },
	{ "ОШИБКА:  x", SEVERITY(LEVEL_ERROR), true, 12, 15 },
	{ "\xef\xfb\xe9\xe2\xeb\xe1:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "\xce\xd8\xc8\xc1\xca\xc0:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "ПОМИЛКА:  x", SEVERITY(LEVEL_ERROR), true, 14, 17 },
	{ "შეცდომა:  x", SEVERITY(LEVEL_ERROR), true, 21, 24 },
	{ "გაფრთხილება:  x", SEVERITY(LEVEL_WARNING), true, 33, 36 },
	{ "詳細:  x", SECTION(ENTRY_DETAIL), true, 6, 9 },
	{ "\xbe\xdc\xba\xd9:  x", SECTION(ENTRY_DETAIL), true, 4, 7 },
	{ "오류:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "\xbf\xc0\xb7\xf9:  x", SEVERITY(LEVEL_ERROR), true, 4, 7 },
	{ "错误:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
	{ "\xb4\xed\xce\xf3:  x", SEVERITY(LEVEL_ERROR), true, 4, 7 },
	{ "錯誤:  x", SEVERITY(LEVEL_ERROR), true, 6, 9 },
};

static void words_are_found_in_every_language(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(found); i++) {
		const char *line = found[i].line;
		bool section = found[i].what & LOG_WORD_SECTION;
		struct log_word word;

		check(line, log_word_may_begin(line[0]));
		check(line, log_word_find(line, strlen(line), &word));
		check(line, word.is_severity == !section);
		check(line, section || word.level == (enum level)found[i].what);
		check(line,
			!section || word.text == (enum entry_text)(found[i].what &
								   ~LOG_WORD_SECTION));
		check(line, word.translated == found[i].translated);
		check(line, word.word_len == found[i].word_len);
		check(line, word.len == found[i].len);
	}
}

static const char *const strangers[] = { "", ":", ":  ", "LO", "LOG", "LOG :  x",
	"LOG: x", "LOG:x", "LOG:\t x", "LOGS:  x", "log:  x", " LOG:  x", "FEHLER",
	"FEHLER: x", "FEHLER :  x", "ASTUCE", "ASTUCE  :  x", "STATEMENTS:  x", "ERRO",
	"쿼리", "\xff:  x", "詳:  x" };

static void other_words_are_not(void **state)
{
	struct log_word word;

	(void)state;
	for (size_t i = 0; i < COUNT(strangers); i++)
		check(strangers[i],
			!log_word_find(strangers[i], strlen(strangers[i]), &word));
}

static void the_usual_words_are_the_english_ones(void **state)
{
	char text[CHARS16 + 1];
	unsigned usual = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(found); i++) {
		const struct log_word *is;
		struct log_word word;

		snprintf(text, sizeof(text), "%-16.16s", found[i].line);
		is = log_word_usual(text);
		usual += is != NULL;
		if (!is)
			continue;
		check(text, log_word_find(text, CHARS16, &word));
		check(text, memcmp(is, &word, sizeof(word)) == 0);
	}
	assert_true(usual >= 15);
	for (size_t i = 0; i < COUNT(strangers); i++) {
		snprintf(text, sizeof(text), "%-16.16s", strangers[i]);
		check(text, !log_word_usual(text));
	}
	memset(text, 0, sizeof(text));
	assert_null(log_word_usual(text));
}

static void nothing_is_read_past_the_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(found); i++) {
		for (size_t len = 0; len < found[i].len; len++) {
			char *exact = malloc(len + 1);
			struct log_word word;
			bool is;

			memcpy(exact + 1, found[i].line, len);
			is = log_word_find(exact + 1, len, &word);
			check(found[i].line, !is || word.len <= len);
			check(found[i].line, !is || len > found[i].word_len);
			free(exact);
		}
	}
}

static void a_severity_alone_is_known(void **state)
{
	static const struct {
		const char *word;
		enum level level;
		bool translated;
	} words[] = {
		{ "DEBUG", LEVEL_DEBUG, false },
		{ "LOG", LEVEL_LOG, false },
		{ "INFO", LEVEL_INFO, false },
		{ "NOTICE", LEVEL_NOTICE, false },
		{ "WARNING", LEVEL_WARNING, false },
		{ "ERROR", LEVEL_ERROR, false },
		{ "FATAL", LEVEL_FATAL, false },
		{ "PANIC", LEVEL_PANIC, false },
		{ "LOGG", LEVEL_LOG, true },
		{ "ОШИБКА", LEVEL_ERROR, true },
		{ "\xce\xd8\xc8\xc1\xca\xc0", LEVEL_ERROR, true },
		{ "DETAIL", LEVEL_UNPARSED, false },
		{ "ANWEISUNG", LEVEL_UNPARSED, false },
		{ "ERRO", LEVEL_ERROR, true },
		{ "ERR", LEVEL_UNPARSED, false },
		{ "ERROR:", LEVEL_UNPARSED, false },
		{ "", LEVEL_UNPARSED, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		bool translated = !words[i].translated;

		check(words[i].word, log_word_level(words[i].word, strlen(words[i].word),
					     &translated) == words[i].level);
		check(words[i].word, translated == words[i].translated);
	}
}

static void the_table_is_sorted_and_indexed(void **state)
{
	size_t count = log_word_starts[256];

	(void)state;
	for (size_t first = 0; first < 256; first++)
		for (size_t i = log_word_starts[first]; i < log_word_starts[first + 1];
			i++)
			check(log_word_rows[i].word,
				(unsigned char)log_word_rows[i].word[0] == first);
	for (size_t i = 0; i < count; i++) {
		const struct log_word_row *row = &log_word_rows[i];

		check(row->word, row->len == strlen(row->word) && row->len > 1);
		check(row->word, !memchr(row->word, ':', row->len));
		check(row->word, log_word_may_begin(row->word[0]));
		check(row->word, i == 0 || strcmp(row[-1].word, row->word) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_found_in_every_language),
		cmocka_unit_test(other_words_are_not),
		cmocka_unit_test(the_usual_words_are_the_english_ones),
		cmocka_unit_test(nothing_is_read_past_the_end),
		cmocka_unit_test(a_severity_alone_is_known),
		cmocka_unit_test(the_table_is_sorted_and_indexed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
