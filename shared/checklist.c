#include "checklist.h"

#include <stdarg.h>
#include <stdio.h>

#include "utf8.h"

static void print_line(const char *mark, const char *mend, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	utf8_make_printable(text);
	printf("%-5s %s\n", mark, text);
	if (mend)
		printf("      mend: %s\n", mend);
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
