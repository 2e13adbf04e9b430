#include "fingerprint.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

uint64_t fingerprint_hash(const void *data, size_t len)
{
	const unsigned char *bytes = data;
	uint64_t hash = FNV_BASIS;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

/* Up to size bytes from offset on. The descriptor stays the caller's. */
static int read_part(int fd, enum log_coding coding, uint64_t offset, char *data,
	size_t size, size_t *ret_len, struct err *err)
{
	struct log_reader *reader;
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n;

	if (own < 0)
		return err_errno(err, ERR_RETRY, "read log");
	if (log_reader_open(own, coding, offset, &reader, err) < 0)
		return -1;
	do {
		n = log_reader_read(reader, data + len, size - len, err);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0);
	log_reader_close(reader);
	if (n < 0)
		return -1;
	*ret_len = len;
	return 0;
}

int fingerprint_head(int fd, enum log_coding coding, struct head *ret, struct err *err)
{
	struct head head = { 0 };

	if (read_part(fd, coding, 0, head.bytes, sizeof(head.bytes), &head.len, err) < 0)
		return -1;
	head.hash = fingerprint_hash(head.bytes, head.len);
	*ret = head;
	return 0;
}

int fingerprint_tail(int fd, enum log_coding coding, uint64_t offset, uint64_t *ret_hash,
	struct err *err)
{
	size_t want = offset < FINGERPRINT_BYTES ? (size_t)offset : FINGERPRINT_BYTES,
	       len;
	char bytes[FINGERPRINT_BYTES];

	if (read_part(fd, coding, offset - want, bytes, want, &len, err) < 0)
		return -1;
	if (len < want)
		return err_set(err, ERR_REJECT, "log ends before byte %" PRIu64, offset);
	*ret_hash = fingerprint_hash(bytes, len);
	return 0;
}
