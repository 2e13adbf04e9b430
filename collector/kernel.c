#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 4096

const struct kernel kernel_here = { "/proc", "/sys" };

bool kernel_read(struct buf *text, size_t max_bytes, const char *path, ...)
{
	char whole[PATH_MAX];
	va_list arguments;
	ssize_t n = -1;
	int len, fd;

	buf_clear(text);
	va_start(arguments, path);
	len = vsnprintf(whole, sizeof(whole), path, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= sizeof(whole))
		return false;
	fd = open(whole, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (text->len < max_bytes && buf_reserve(text, PIECE_BYTES)) {
		n = read(fd, text->data + text->len, PIECE_BYTES);
		if (n <= 0)
			break;
		text->len += (size_t)n;
		text->data[text->len] = '\0';
	}
	close(fd);
	return n >= 0 && text->len > 0;
}

bool kernel_link(char *ret, size_t size, const char *path, ...)
{
	char whole[PATH_MAX];
	va_list arguments;
	ssize_t n;
	int len;

	va_start(arguments, path);
	len = vsnprintf(whole, sizeof(whole), path, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= sizeof(whole))
		return false;
	n = readlink(whole, ret, size);
	if (n < 0)
		return false;
	if ((size_t)n >= size) {
		errno = ENAMETOOLONG;
		return false;
	}
	ret[n] = '\0';
	return true;
}

const char *kernel_line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

int kernel_numbers(const char *text, const char *end, uint64_t *ret, int max)
{
	int count = 0;

	for (const char *at = skip_blanks(text, end); count < max; count++) {
		uint64_t value = 0;

		if (at == end || !is_digit(*at))
			break;
		for (; at < end && is_digit(*at); at++) {
			unsigned digit = (unsigned)(*at - '0');

			value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX
								  : value * 10 + digit;
		}
		ret[count] = value;
		at = skip_blanks(at, end);
	}
	return count;
}

bool kernel_value(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; *line;) {
		const char *end = kernel_line_end(line);

		if (strncmp(line, name, len) == 0 && line[len] &&
			strchr(": \t", line[len]))
			return kernel_numbers(line + len + 1, end, ret, 1) == 1;
		line = *end ? end + 1 : end;
	}
	return false;
}

double kernel_percent(uint64_t part, uint64_t total)
{
	return total > 0 ? (double)part / (double)total * 100 : 0;
}
