/*
 * One line to standard error, for people or for the journal.
 *
 * When standard error is the journal ($JOURNAL_STREAM names its device and inode, see
 * systemd.exec(5)) a line starts with its priority as "<N>" (sd-daemon(3)); otherwise with
 * the program's name. Control characters and newlines inside a message become '?', so that
 * outside text can't forge a line.
 */
#ifndef SHARED_LOG_H
#define SHARED_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_ERROR = 3,
	LOG_WARNING = 4,
	LOG_NOTICE = 5,
	LOG_INFO = 6,
	LOG_DEBUG = 7
};

/* Call once at the start. verbose shows LOG_DEBUG lines too. program must outlive the process. */
void log_open(const char *program, bool verbose);

void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Each line of text, which may be NULL, as a line of its own. */
void log_lines(enum log_level level, const char *text);

#endif
