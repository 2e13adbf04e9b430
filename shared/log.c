#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "utf8.h"

static const char *log_program = "";
static enum log_level log_max = LOG_INFO;
static bool log_journal;

static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)dev &&
	       st.st_ino == (ino_t)ino;
}

void log_open(const char *program, bool verbose)
{
	log_program = program;
	log_max = verbose ? LOG_DEBUG : LOG_INFO;
	log_journal = stderr_is_journal();
}

static const char *level_word(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error: ";
	case LOG_WARNING:
		return "warning: ";
	default:
		return "";
	}
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	size_t start, len;
	va_list ap;
	int n;

	if (level > log_max)
		return;
	if (log_journal)
		n = snprintf(line, sizeof(line), "<%d>", (int)level);
	else
		n = snprintf(
			line, sizeof(line), "%s: %s", log_program, level_word(level));
	start = n < 0 ? 0 : (size_t)n;

	va_start(ap, fmt);
	n = vsnprintf(line + start, sizeof(line) - 1 - start, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	utf8_make_printable(line + start);
	len = strlen(line);
	line[len++] = '\n';
	/* One write, so that lines of several programs do not mix; nowhere to report a failure. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void log_lines(enum log_level level, const char *text)
{
	while (text && *text) {
		size_t len = strcspn(text, "\n");

		log_line(level, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}
