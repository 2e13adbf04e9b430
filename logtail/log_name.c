#include "log_name.h"

#include <ctype.h>
#include <string.h>

#define DIGITS "0123456789"

static const struct {
	const char *suffix;
	enum log_format format;
} extensions[] = {
	{ ".log", LOG_FORMAT_STDERR },
	{ ".csv", LOG_FORMAT_CSVLOG },
	{ ".json", LOG_FORMAT_JSONLOG },
};

static const char *const compressed[] = { ".gz", ".zst" };
static const char *const unreadable[] = { ".bz2", ".lz4", ".lzma", ".xz", ".Z", ".zip" };
static const char *const foreign[] = { ".lck", ".lock", ".part", ".pid", ".swp", ".tmp",
	"~" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Is there something before the suffix, too? */
static bool ends_in(const char *name, size_t len, const char *suffix)
{
	size_t suffix_len = strlen(suffix);

	return len > suffix_len &&
	       memcmp(name + len - suffix_len, suffix, suffix_len) == 0;
}

/* Where it begins, or len. */
static size_t extension_at(const char *name, size_t len, enum log_format *ret_format)
{
	*ret_format = LOG_FORMAT_STDERR;
	for (size_t i = 0; i < COUNT(extensions); i++)
		if (ends_in(name, len, extensions[i].suffix)) {
			*ret_format = extensions[i].format;
			return len - strlen(extensions[i].suffix);
		}
	return len;
}

static size_t without_compressed(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(compressed); i++)
		if (ends_in(name, len, compressed[i]))
			return len - strlen(compressed[i]);
	return len;
}

/* ".1", ".20260131", ".1769817600" at the end: the length without it, else len. */
static size_t without_number(const char *name, size_t len)
{
	size_t digits = 0;

	while (digits < len && isdigit((unsigned char)name[len - 1 - digits]))
		digits++;
	if (digits == 0 || digits + 1 >= len || name[len - 1 - digits] != '.')
		return len;
	return len - 1 - digits;
}

static bool fits(const char *s, size_t len, const char *pattern)
{
	for (size_t i = 0; pattern[i]; i++)
		if (i == len || (pattern[i] == '0' ? !isdigit((unsigned char)s[i])
						   : s[i] != pattern[i]))
			return false;
	return true;
}

/* A day, or seconds since the epoch, and whatever more digits. */
static bool is_date(const char *s, size_t len)
{
	if (!fits(s, len, "00000000") && !fits(s, len, "0000-00-00"))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]) && !strchr("-_T:", s[i]))
			return false;
	return true;
}

/* "-20260131", "-2026013123", "-2026-01-31", ".2026-01-31_2300": as without_number(). */
static size_t without_date(const char *name, size_t len)
{
	/* From the left, so that the dashes within belong to the date. */
	for (size_t at = 1; at < len; at++)
		if ((name[at] == '-' || name[at] == '.') &&
			is_date(name + at + 1, len - at - 1))
			return at;
	return len;
}

static size_t without_generation(const char *name, size_t len)
{
	size_t less = without_number(name, len);

	if (less == len)
		less = without_date(name, len);
	if (less == len && ends_in(name, len, ".old"))
		less = len - strlen(".old");
	return less;
}

struct log_name log_name_read(const char *name)
{
	size_t len = strlen(name), base = without_compressed(name, len), less;
	struct log_name ret = { 0 };

	/* At the name's own extension it ends: x.log-20260131 has none before. */
	while (extension_at(name, base, &ret.format) == base &&
		(less = without_generation(name, base)) < base)
		base = less;
	ret.is_log = extension_at(name, base, &ret.format) < base;
	ret.is_rotated = ret.is_log && base < len;
	return ret;
}

static bool is_core(const char *name)
{
	return strncmp(name, "core", 4) == 0 &&
	       (!name[4] ||
		       (name[4] == '.' && name[5 + strspn(name + 5, DIGITS)] == '\0'));
}

bool log_name_is_foreign(const char *name)
{
	size_t len = strlen(name);

	if (name[0] == '.' || is_core(name))
		return true;
	for (size_t i = 0; i < COUNT(foreign); i++)
		if (ends_in(name, len, foreign[i]))
			return true;
	return false;
}

const char *log_name_unreadable(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < COUNT(unreadable); i++)
		if (ends_in(name, len, unreadable[i]))
			return unreadable[i];
	return NULL;
}

static void add_base(struct log_name_bases *bases, const char *stem, size_t stem_len,
	const char *rest, size_t rest_len)
{
	char *base;

	if (bases->count == LOG_NAME_BASES || stem_len + rest_len > NAME_MAX)
		return;
	base = bases->name[bases->count++];
	memcpy(base, stem, stem_len);
	memcpy(base + stem_len, rest, rest_len);
	base[stem_len + rest_len] = '\0';
}

void log_name_bases(const char *name, struct log_name_bases *ret)
{
	size_t len = strlen(name), whole = without_compressed(name, len), less;
	enum log_format format;
	size_t stem = extension_at(name, whole, &format);

	ret->count = 0;
	if (whole < len)
		add_base(ret, name, whole, "", 0);
	/* One place is kept for STEM-20260131.log. */
	for (size_t at = whole; ret->count + 1 < LOG_NAME_BASES; at = less) {
		less = without_generation(name, at);
		if (less == at)
			break;
		add_base(ret, name, less, "", 0);
	}
	ret->appended = ret->count;
	less = without_generation(name, stem);
	if (stem < whole && less < stem)
		add_base(ret, name, less, name + stem, whole - stem);
}
