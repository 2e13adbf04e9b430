#include "checklist.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

#define TEXT_BYTES 1024
#define MEND_LINE_BYTES 4096

/* Of ECMA-48, "Select graphic rendition". */
#define PLAIN "\033[m"

struct mark {
	const char *text, *colour;
};

static const struct mark ok = { "ok", "\033[32m" }, warn = { "warn", "\033[33m" },
			 fail = { "FAIL", "\033[1;31m" };

/* Its lines stand under one another, so that they can be copied as they are. */
static void print_mend(const char *mend)
{
	const char *before = "      mend: ";
	char line[MEND_LINE_BYTES];

	for (; *mend; before = "            ") {
		size_t len = strcspn(mend, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, mend);
		utf8_make_printable(line);
		printf("%s%s\n", before, line);
		mend += len + (mend[len] == '\n');
	}
}

static bool wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && *term && strcmp(term, "dumb") != 0 &&
	       isatty(STDOUT_FILENO);
}

static void print_line(
	const struct mark *mark, const char *mend, const char *fmt, va_list ap)
{
	bool colour = wants_colour();
	char text[TEXT_BYTES];

	vsnprintf(text, sizeof(text), fmt, ap);
	utf8_make_printable(text);
	printf("%s%-4s%s  %s\n", colour ? mark->colour : "", mark->text,
		colour ? PLAIN : "", text);
	if (mend)
		print_mend(mend);
	fflush(stdout);
}

void checklist_ok(struct checklist *list, const char *fmt, ...)
{
	va_list ap;

	list->passed++;
	va_start(ap, fmt);
	print_line(&ok, NULL, fmt, ap);
	va_end(ap);
}

void checklist_warn(struct checklist *list, const char *mend, const char *fmt, ...)
{
	va_list ap;

	list->warned++;
	va_start(ap, fmt);
	print_line(&warn, mend, fmt, ap);
	va_end(ap);
}

void checklist_fail(struct checklist *list, const char *mend, const char *fmt, ...)
{
	va_list ap;

	list->failed++;
	va_start(ap, fmt);
	print_line(&fail, mend, fmt, ap);
	va_end(ap);
}

bool checklist_end(const struct checklist *list)
{
	printf("%u ok, %u warn, %u FAIL\n", list->passed, list->warned, list->failed);
	fflush(stdout);
	return list->failed == 0;
}
