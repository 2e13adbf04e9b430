#include "checklist.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* Its lines stand under one another, so that they can be copied as they are. */
static void print_mend(const char *mend)
{
	const char *before = "      mend: ";
	char line[2048];

	for (; *mend; before = "            ") {
		size_t len = strcspn(mend, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, mend);
		utf8_make_printable(line);
		printf("%s%s\n", before, line);
		mend += len + (mend[len] == '\n');
	}
}

static void print_line(const char *mark, const char *mend, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	utf8_make_printable(text);
	printf("%-5s %s\n", mark, text);
	if (mend)
		print_mend(mend);
	fflush(stdout);
}

void checklist_ok(struct checklist *list, const char *fmt, ...)
{
	va_list ap;

	(void)list;
	va_start(ap, fmt);
	print_line("ok", NULL, fmt, ap);
	va_end(ap);
}

void checklist_warn(struct checklist *list, const char *mend, const char *fmt, ...)
{
	va_list ap;

	list->warned++;
	va_start(ap, fmt);
	print_line("warn", mend, fmt, ap);
	va_end(ap);
}

void checklist_fail(struct checklist *list, const char *mend, const char *fmt, ...)
{
	va_list ap;

	list->failed++;
	va_start(ap, fmt);
	print_line("FAIL", mend, fmt, ap);
	va_end(ap);
}
