/*
 * The form of a time in the log, byte by byte, for those who look at every line: several bytes are
 * compared at once, as gcc's vectors and plain words on any machine.
 */
#ifndef LOGTAIL_LOG_TIME_FORM_H
#define LOGTAIL_LOG_TIME_FORM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "log_time.h"

#define LOG_TIME_MILLI_LEN (LOG_TIME_SECONDS_LEN + 4)

/* Are the LOG_TIME_MINUTE_LEN bytes at s "YYYY-MM-DD HH:MM"? */
static inline bool log_time_has_minute(const char *s)
{
	typedef unsigned char bytes __attribute__((vector_size(LOG_TIME_MINUTE_LEN)));
	static const char form[LOG_TIME_MINUTE_LEN + 1] = "0000-00-00 00:00";
	static const bytes range = { 9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9, 0, 9, 9 };
	bytes text, zero;
	uint64_t wrong[2];

	memcpy(&text, s, sizeof(text));
	memcpy(&zero, form, sizeof(zero));
	text = (bytes)(text - zero > range);
	memcpy(wrong, &text, sizeof(wrong));
	return (wrong[0] | wrong[1]) == 0;
}

/* Are the 8 bytes at s, which follow a minute, ":SS.mmm "? */
static inline bool log_time_has_millis(const char *s)
{
	uint64_t text, form, above;

	/* From what differs: above 9 for a digit, above 0 for a sign has the highest bit. */
	memcpy(&text, s, sizeof(text));
	memcpy(&form, ":00.000 ", sizeof(form));
	memcpy(&above, "\x7f\x76\x76\x7f\x76\x76\x76\x7f", sizeof(above));
	text ^= form;
	return (((text + above) | text) & UINT64_C(0x8080808080808080)) == 0;
}

#endif
