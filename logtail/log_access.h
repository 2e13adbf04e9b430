/*
 * Why a log may not be read, and how to mend it.
 *
 * Facts about who may read what: PostgreSQL's log_file_mode (documentation, "Error Reporting and
 * Logging"; 0600 unless set) and initdb's --allow-group-access (0750 for the data directory);
 * Debian's logs are 0640 postgres:adm.
 */
#ifndef LOGTAIL_LOG_ACCESS_H
#define LOGTAIL_LOG_ACCESS_H

#include <stddef.h>

/* Stands before the command that mends, in this and in other complaints about logs. */
#define LOG_ACCESS_MEND "; mend: "
#define LOG_ACCESS_SIZE 768

/* For the end of a message, after EACCES for path (a file or a directory): what is in the way, whose
 * it is, and the mend; "" when there is nothing to say. Writes at most size bytes into ret. */
void log_access_advice(const char *path, char *ret, size_t size);

#endif
