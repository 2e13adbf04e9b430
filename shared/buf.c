#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf){ .max = max };
}

void buf_release(struct buf *buf)
{
	if (!buf)
		return;
	free(buf->data);
	*buf = (struct buf){ .max = buf->max };
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->data)
		buf->data[0] = '\0';
}

bool buf_reserve(struct buf *buf, size_t extra)
{
	size_t want, size;
	char *data;

	if (buf->failed)
		return false;
	if (extra > buf->max - buf->len) {
		buf->failed = true;
		return false;
	}
	want = buf->len + extra + 1;
	if (want <= buf->size)
		return true;
	size = buf->size ? buf->size : 256;
	while (size < want)
		size *= 2;
	if (size > buf->max + 1)
		size = buf->max + 1;
	data = realloc(buf->data, size);
	if (!data) {
		buf->failed = true;
		return false;
	}
	if (!buf->data)
		data[0] = '\0';
	buf->data = data;
	buf->size = size;
	return true;
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!buf_reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_adds(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if (!buf_reserve(buf, (size_t)len))
		return;
	va_start(ap, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

int buf_write(const struct buf *buf, int fd)
{
	for (size_t at = 0; at < buf->len;) {
		ssize_t n = write(fd, buf->data + at, buf->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return 0;
}

char *buf_take(struct buf *buf)
{
	char *data = NULL;

	if (buf_reserve(buf, 0)) {
		data = buf->data;
		buf->data = NULL;
	}
	buf_release(buf);
	return data;
}
