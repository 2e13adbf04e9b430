#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "gzip.h"
#include "json_check.h"
#include "payload.h"
#include "spool.h"

#define BODY_KEEP_BYTES ((size_t)1 << 20)

/* A frame of incompressible content is little larger than the content. */
#define FRAME_MAX_BYTES (PAYLOAD_ACCEPT_MAX_BYTES + ((size_t)1 << 20))

void body_init(struct body *body)
{
	*body = (struct body){ 0 };
	buf_init(&body->bytes, FRAME_MAX_BYTES);
}

void body_release(struct body *body)
{
	buf_release(&body->bytes);
	body->encoding = NULL;
}

int body_loader_init(struct body_loader *loader, struct err *err)
{
	buf_init(&loader->frame, FRAME_MAX_BYTES);
	loader->codec = zstd_codec_new();
	return loader->codec ? 0 : err_set(err, ERR_RETRY, "zstd: out of memory");
}

void body_loader_release(struct body_loader *loader)
{
	zstd_codec_free(loader->codec);
	loader->codec = NULL;
	buf_release(&loader->frame);
}

static int decompress(struct body_loader *loader, struct buf *out, struct err *err)
{
	const char *bad;
	size_t at = 0;

	if (zstd_frame_decompress(loader->codec, loader->frame.data, loader->frame.len,
		    PAYLOAD_ACCEPT_MAX_BYTES, out, err) < 0)
		return -1;
	bad = json_check_object(out->data, out->len, &at);
	if (bad)
		return err_set(
			err, ERR_REJECT, "not valid JSON at byte %zu: %s", at, bad);
	return 0;
}

/*
 * May the spool's bytes go out as they are? A window over 8 MiB may not (RFC 9659), nor content of
 * a size that only decompression tells.
 */
static int pass_through(struct body_loader *loader, bool *ret_pass, struct err *err)
{
	struct zstd_frame_info info;

	if (zstd_frame_inspect(loader->frame.data, loader->frame.len,
		    PAYLOAD_ACCEPT_MAX_BYTES, &info, err) < 0)
		return -1;
	*ret_pass = info.content_bytes > 0 && info.window_bytes <= ZSTD_FRAME_WINDOW_MAX;
	return 0;
}

static int encode(struct body_loader *loader, enum compression compression,
	struct body *body, struct err *err)
{
	struct buf plain;
	bool pass = false;
	int rc;

	body->encoding = NULL;
	if (compression == COMPRESSION_ZSTD && pass_through(loader, &pass, err) < 0)
		return -1;
	if (pass) {
		body->encoding = "zstd";
		buf_clear(&body->bytes);
		buf_add(&body->bytes, loader->frame.data, loader->frame.len);
		return body->bytes.failed ? err_set(err, ERR_RETRY, "out of memory") : 0;
	}
	if (compression != COMPRESSION_GZIP)
		return decompress(loader, &body->bytes, err);
	buf_init(&plain, FRAME_MAX_BYTES);
	rc = decompress(loader, &plain, err);
	if (rc == 0)
		rc = gzip_compress(plain.data, plain.len, &body->bytes, err);
	if (rc == 0)
		body->encoding = "gzip";
	buf_release(&plain);
	return rc;
}

/* Large ones are rare: their memory is not kept for the many small ones. */
static void shrink(struct buf *buf)
{
	if (buf->size > BODY_KEEP_BYTES)
		buf_release(buf);
}

static enum body_result make_body(struct body_loader *loader,
	enum compression compression, struct body *body, struct err *err)
{
	body->disk_bytes = (loader->frame.len + 4095) / 4096 * 4096;
	if (encode(loader, compression, body, err) == 0)
		return BODY_LOADED;
	shrink(&body->bytes);
	return err->kind == ERR_REJECT ? BODY_BAD : BODY_LATER;
}

static bool is_regular(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

enum body_result body_load(struct body_loader *loader, int dir_fd, const char *name,
	enum compression compression, struct body *body, struct err *err)
{
	enum body_result result;

	errno = 0;
	if (spool_read_file(dir_fd, name, FRAME_MAX_BYTES, &loader->frame, err) < 0) {
		if (err->kind == ERR_REJECT)
			return is_regular(dir_fd, name) ? BODY_BAD : BODY_FOREIGN;
		return errno == ENOENT ? BODY_GONE : BODY_LATER;
	}
	result = make_body(loader, compression, body, err);
	shrink(&loader->frame);
	return result;
}
