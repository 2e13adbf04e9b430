#include "log_time.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chars16.h"
#include "log_time_form.h"

#define DECIMALS_MAX 9
#define EPOCH_DIGITS_MAX 12
#define EPOCH_MAX_S 253402300799 /* the end of 9999 */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int two_digits(const char *s)
{
	return (s[0] - '0') * 10 + (s[1] - '0');
}

static inline bool is_second(const char *s)
{
	return log_time_has_minute(s) && s[16] == ':' && is_digit(s[17]) &&
	       is_digit(s[18]);
}

bool log_time_is_second(const char *s)
{
	return is_second(s);
}

/* Of "YYYY-MM-DD HH:MM:SS" and its decimals; 0 when it is none. */
static inline size_t stamp_len(const char *s, size_t len)
{
	size_t n = LOG_TIME_SECONDS_LEN;

	if (len < n || !log_time_has_minute(s))
		return 0;
	if (len > LOG_TIME_MILLI_LEN && log_time_has_millis(s + LOG_TIME_MINUTE_LEN))
		return LOG_TIME_MILLI_LEN;
	if (!is_second(s))
		return 0;
	if (n + 1 < len && s[n] == '.' && is_digit(s[n + 1]))
		for (n++; n < len && is_digit(s[n]); n++)
			;
	return n;
}

static inline chars16 mark_no_letter(chars16 bytes)
{
	bytes |= 'a' - 'A';
	return (bytes < 'a') | (bytes > 'z');
}

/* Of "CET", "+03", "-0330", "+05:30"; 0 when it is none. */
static size_t zone_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_letter(s[n]))
		n++;
	if (n > 0 || len < 2 || (s[0] != '+' && s[0] != '-') || !is_digit(s[1]))
		return n;
	for (n = 2; n < len && is_digit(s[n]); n++)
		;
	/* Not the beginning of an address: "+03:10.0.0.1". */
	if (n + 2 < len && s[n] == ':' && is_digit(s[n + 1]) && is_digit(s[n + 2]) &&
		(n + 3 == len ||
			(s[n + 3] != '.' && s[n + 3] != ':' && !is_digit(s[n + 3]))))
		n += 3;
	return n;
}

size_t log_time_shape(const char *s, size_t len)
{
	size_t stamp = stamp_len(s, len), zone;

	if (stamp == 0 || stamp == len || s[stamp] != ' ')
		return 0;
	if (len - stamp > CHARS16) {
		zone = chars16_first(mark_no_letter(chars16_load(s + stamp + 1)));
		if (zone > 0 && zone < CHARS16)
			return stamp + 1 + zone;
	}
	zone = zone_len(s + stamp + 1, len - stamp - 1);
	return zone > 0 ? stamp + 1 + zone : 0;
}

/* Of the proleptic Gregorian calendar, since 1970. */
static int64_t days_of(int year, int month, int day)
{
	int y = month > 2 ? year : year - 1; /* years that begin in March */
	int since_march = month > 2 ? month - 3 : month + 9;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 +
	       (since_march * 153 + 2) / 5 + day - 1 - 719468;
}

static bool is_date(int year, int month, int day)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (month == 2 && leap);
}

/* "2026-01-31 23:59" as if it were UTC. */
static bool read_minute(const char *s, int64_t *ret_s)
{
	int year = two_digits(s) * 100 + two_digits(s + 2), month = two_digits(s + 5);
	int day = two_digits(s + 8), hour = two_digits(s + 11),
	    minute = two_digits(s + 14);

	if (!is_date(year, month, day) || hour > 23 || minute > 59)
		return false;
	*ret_s = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60;
	return true;
}

static bool is_zone(const struct tm *tm, const char *zone, size_t len)
{
	return tm->tm_zone && strlen(tm->tm_zone) == len &&
	       memcmp(tm->tm_zone, zone, len) == 0;
}

/* Does a clock show local_s, under that abbreviation, with this offset? */
static bool is_in_force(int64_t local_s, long offset_s, const char *zone, size_t len)
{
	time_t at = local_s - offset_s;
	struct tm tm;

	return localtime_r(&at, &tm) && tm.tm_gmtoff == offset_s &&
	       is_zone(&tm, zone, len);
}

/*
 * The abbreviation's offset is looked for before, at and after that time: of the hour repeated in
 * autumn, one half is found on each side. One not in force at that very time (in the hour that spring
 * leaves out, say) still tells its offset, when only one is near.
 */
static bool local_offset(int64_t local_s, const char *zone, size_t len, int *ret_offset_s)
{
	enum { AROUND_S = 4 * 3600 };
	time_t about = local_s;
	struct tm tm;
	long near_s = 0, exact_s = 0;
	int near = 0, exact = 0; /* how many different ones */

	if (!localtime_r(&about, &tm))
		return false;
	about = local_s - tm.tm_gmtoff;
	for (time_t at = about - AROUND_S; at <= about + AROUND_S; at += AROUND_S) {
		if (!localtime_r(&at, &tm) || !is_zone(&tm, zone, len))
			continue;
		if (near == 0 || near_s != tm.tm_gmtoff)
			near++;
		near_s = tm.tm_gmtoff;
		if (!is_in_force(local_s, near_s, zone, len))
			continue;
		if (exact == 0 || exact_s != near_s)
			exact++;
		exact_s = near_s;
	}
	if (exact != 1 && (exact > 1 || near != 1))
		return false;
	*ret_offset_s = (int)(exact == 1 ? exact_s : near_s);
	return true;
}

/* "+03", "-0330", "+05:30" */
static bool numeric_offset(const char *zone, size_t len, int *ret_offset_s)
{
	size_t minutes_at = len == 6 && zone[3] == ':' ? 4 : 3;
	int hours, minutes = 0;

	if (len != 3 && len != minutes_at + 2)
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_digit(zone[i]) && !(i == 3 && minutes_at == 4))
			return false;
	hours = two_digits(zone + 1);
	if (len > 3)
		minutes = two_digits(zone + minutes_at);
	if (hours > 15 || minutes > 59 || (zone[0] == '-' && hours + minutes == 0))
		return false;
	*ret_offset_s = (hours * 3600 + minutes * 60) * (zone[0] == '-' ? -1 : 1);
	return true;
}

static bool zone_offset(int64_t local_s, const char *zone, size_t len, int *ret_offset_s)
{
	if (len == 3 && (memcmp(zone, "UTC", 3) == 0 || memcmp(zone, "GMT", 3) == 0)) {
		*ret_offset_s = 0;
		return true;
	}
	if (zone[0] == '+' || zone[0] == '-')
		return numeric_offset(zone, len, ret_offset_s);
	return local_offset(local_s, zone, len, ret_offset_s);
}

/* Remembers what s, "2026-01-31 23:59" in this zone, is, known or not. */
static void look_up(struct log_clock *clock, const char *s, const char *zone, size_t len)
{
	int64_t local_s = 0;
	int offset_s = 0, minutes;

	memcpy(clock->minute, s, LOG_TIME_MINUTE_LEN);
	memcpy(clock->abbreviation, zone, len);
	clock->abbreviation_len = len;
	clock->known = read_minute(s, &local_s) &&
		       zone_offset(local_s, zone, len, &offset_s) && offset_s % 60 == 0;
	if (!clock->known)
		return;
	minutes = abs(offset_s) / 60;
	clock->offset[0] = offset_s < 0 ? '-' : '+';
	clock->offset[1] = (char)('0' + minutes / 600 % 10);
	clock->offset[2] = (char)('0' + minutes / 60 % 10);
	clock->offset[3] = ':';
	clock->offset[4] = (char)('0' + minutes % 60 / 10);
	clock->offset[5] = (char)('0' + minutes % 10);
	clock->minute_us = (local_s - offset_s) * 1000000;
}

/* ".123" as microseconds. */
static int64_t decimals_us(const char *s, size_t len)
{
	int64_t us = 0, unit = 100000;

	for (size_t i = 1; i < len; i++, unit /= 10)
		us += (s[i] - '0') * unit;
	return us;
}

static void put_digits(char *s, int64_t n, int count)
{
	for (int i = count - 1; i >= 0; i--, n /= 10)
		s[i] = (char)('0' + n % 10);
}

/* "2026-01-31T23:59:59", the reverse of days_of(). */
static void put_second(char *s, int64_t at_s)
{
	int64_t days = at_s / 86400 + 719468, second = at_s % 86400;
	int64_t era = days / 146097, day = days % 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5 - 1;
	memcpy(s, "0000-00-00T00:00:00", LOG_TIME_SECONDS_LEN);
	put_digits(s, year + era * 400 + (month > 9), 4);
	put_digits(s + 5, month > 9 ? month - 9 : month + 3, 2);
	put_digits(s + 8, day, 2);
	put_digits(s + 11, second / 3600, 2);
	put_digits(s + 14, second / 60 % 60, 2);
	put_digits(s + 17, second % 60, 2);
}

/* %n: "1767312000.123" */
static bool read_epoch(const char *s, size_t len, char ret_text[LOG_TIME_TEXT_SIZE],
	size_t *ret_len, int64_t *ret_wall_us)
{
	size_t whole = 0, decimals;
	int64_t at = 0;

	for (; whole < len && whole < EPOCH_DIGITS_MAX && is_digit(s[whole]); whole++)
		at = at * 10 + (s[whole] - '0');
	decimals = len - whole;
	if (whole == 0 || at > EPOCH_MAX_S || decimals == 1 ||
		decimals > DECIMALS_MAX + 1 || (decimals > 0 && s[whole] != '.'))
		return false;
	for (size_t i = 1; i < decimals; i++)
		if (!is_digit(s[whole + i]))
			return false;
	put_second(ret_text, at);
	memcpy(ret_text + LOG_TIME_SECONDS_LEN, s + whole, decimals);
	*ret_len = LOG_TIME_SECONDS_LEN + decimals;
	memcpy(ret_text + *ret_len, "+00:00", sizeof("+00:00"));
	*ret_len += strlen("+00:00");
	*ret_wall_us = at * 1000000 + decimals_us(s + whole, decimals);
	return true;
}

static inline bool has_zone(const struct log_clock *clock, const char *zone)
{
	size_t n = 0;

	while (n < clock->abbreviation_len && zone[n] == clock->abbreviation[n])
		n++;
	return n == clock->abbreviation_len;
}

/* One of %m in the minute that is kept: nearly all are. */
static inline bool read_kept(const struct log_clock *clock, const char *s, size_t len,
	char ret_text[LOG_TIME_TEXT_SIZE], size_t *ret_len, int64_t *ret_wall_us)
{
	int second, milli;

	if (!clock->known || len != LOG_TIME_MILLI_LEN + 1 + clock->abbreviation_len ||
		memcmp(s, clock->minute, LOG_TIME_MINUTE_LEN) != 0 ||
		!log_time_has_millis(s + LOG_TIME_MINUTE_LEN) ||
		!has_zone(clock, s + LOG_TIME_MILLI_LEN + 1))
		return false;
	second = two_digits(s + LOG_TIME_MINUTE_LEN + 1);
	milli = (s[LOG_TIME_SECONDS_LEN + 1] - '0') * 100 +
		two_digits(s + LOG_TIME_SECONDS_LEN + 2);
	if (second > 60)
		return false;
	memcpy(ret_text, s, LOG_TIME_MILLI_LEN);
	ret_text[10] = 'T';
	memcpy(ret_text + LOG_TIME_MILLI_LEN, clock->offset, sizeof(clock->offset));
	*ret_len = LOG_TIME_MILLI_LEN + sizeof(clock->offset) - 1;
	*ret_wall_us = clock->minute_us + (second * 1000 + milli) * INT64_C(1000);
	return true;
}

static bool read_any(struct log_clock *clock, const char *s, size_t len,
	char ret_text[LOG_TIME_TEXT_SIZE], size_t *ret_len, int64_t *ret_wall_us)
{
	size_t stamp = stamp_len(s, len), zone_size;
	const char *zone = s + stamp + 1;
	int second;

	if (stamp == 0)
		return read_epoch(s, len, ret_text, ret_len, ret_wall_us);
	if (stamp + 1 >= len || s[stamp] != ' ' ||
		stamp > LOG_TIME_SECONDS_LEN + 1 + DECIMALS_MAX)
		return false;
	zone_size = len - stamp - 1;
	second = two_digits(s + LOG_TIME_MINUTE_LEN + 1);
	if (zone_size > LOG_TIME_ZONE_SIZE || second > 60)
		return false;
	if (zone_size != clock->abbreviation_len ||
		memcmp(s, clock->minute, LOG_TIME_MINUTE_LEN) != 0 ||
		memcmp(zone, clock->abbreviation, zone_size) != 0)
		look_up(clock, s, zone, zone_size);
	if (!clock->known)
		return false;
	memcpy(ret_text, s, stamp);
	ret_text[10] = 'T';
	memcpy(ret_text + stamp, clock->offset, sizeof(clock->offset));
	*ret_len = stamp + sizeof(clock->offset) - 1;
	*ret_wall_us =
		clock->minute_us + second * INT64_C(1000000) +
		decimals_us(s + LOG_TIME_SECONDS_LEN, stamp - LOG_TIME_SECONDS_LEN);
	return true;
}

bool log_time_read(struct log_clock *clock, const char *s, size_t len,
	char ret_text[LOG_TIME_TEXT_SIZE], size_t *ret_len, int64_t *ret_wall_us)
{
	return read_kept(clock, s, len, ret_text, ret_len, ret_wall_us) ||
	       read_any(clock, s, len, ret_text, ret_len, ret_wall_us);
}

/* Letters, digits and "_+-" between slashes: never "..", never an absolute path. */
static bool is_name(const char *zone)
{
	bool part = false;

	for (; *zone; zone++) {
		if (*zone == '/' && !part)
			return false;
		part = *zone != '/';
		if (part && !isalnum((unsigned char)*zone) && !strchr("_+-", *zone))
			return false;
	}
	return part;
}

/* tzset() takes what it does not know for UTC, so it must not be asked. */
static bool is_tzdata(const char *path)
{
	char magic[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool good;

	if (fd < 0)
		return false;
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	       memcmp(magic, "TZif", sizeof(magic)) == 0;
	close(fd);
	return good;
}

int log_clock_init(struct log_clock *clock, const char *zone, struct err *err)
{
	const char *dir = getenv("TZDIR"), *now = getenv("TZ");
	char tz[1 + 4096] = ":";
	size_t dir_len;

	if (!dir || !*dir)
		dir = "/usr/share/zoneinfo";
	dir_len = strlen(dir);
	if (!zone)
		zone = "";
	if (*zone && (strlen(zone) >= sizeof(clock->zone) || !is_name(zone) ||
			     dir_len + 2 + strlen(zone) >= sizeof(tz) - 1))
		return err_set(err, ERR_CONFIG, "time zone %.100s: no such name", zone);
	if (*zone) {
		snprintf(tz + 1, sizeof(tz) - 1, "%s//%s", dir,
			zone); /* "//": it is ours */
		if (!is_tzdata(tz + 1))
			return err_set(
				err, ERR_CONFIG, "time zone %s: not in %s", zone, dir);
		if (setenv("TZ", tz, 1) < 0)
			return err_errno(err, ERR_RETRY, "time zone %s", zone);
	} else if (now && now[0] == ':' && strncmp(now + 1, dir, dir_len) == 0 &&
		   strncmp(now + 1 + dir_len, "//", 2) == 0) {
		unsetenv("TZ"); /* an earlier clock's */
	}
	tzset();
	memset(clock, 0, sizeof(*clock));
	strcpy(clock->zone, zone);
	return 0;
}
