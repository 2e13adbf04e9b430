#include "gunzip.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_ONLY 16 /* zlib.h, inflateInit2() */

struct gunzip {
	z_stream stream;
	bool began;   /* a member is under way */
	bool any_end; /* a member has ended */
};

struct gunzip *gunzip_new(void)
{
	struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

	if (!gunzip)
		return NULL;
	if (inflateInit2(&gunzip->stream, MAX_WBITS + GZIP_ONLY) != Z_OK) {
		free(gunzip);
		return NULL;
	}
	return gunzip;
}

void gunzip_free(struct gunzip *gunzip)
{
	if (!gunzip)
		return;
	inflateEnd(&gunzip->stream);
	free(gunzip);
}

static uInt length(const char *from, const char *end)
{
	size_t len = (size_t)(end - from);

	return len < (1u << 30) ? (uInt)len : 1u << 30;
}

/* False when there is nothing of a member in what is left of the input. */
static bool begin_member(struct gunzip *gunzip, const char **in, const char *in_end)
{
	if (gunzip->began)
		return true;
	while (gunzip->any_end && *in < in_end && **in == '\0')
		(*in)++;
	if (*in == in_end)
		return false;
	inflateReset(&gunzip->stream);
	gunzip->began = true;
	return true;
}

int gunzip_step(struct gunzip *gunzip, const char **in, const char *in_end, char **out,
	char *out_end, struct err *err)
{
	z_stream *stream = &gunzip->stream;

	while (*out < out_end && begin_member(gunzip, in, in_end)) {
		int rc;

		stream->next_in = (Bytef *)*in;
		stream->avail_in = length(*in, in_end);
		stream->next_out = (Bytef *)*out;
		stream->avail_out = length(*out, out_end);
		rc = inflate(stream, Z_NO_FLUSH);
		*in = (const char *)stream->next_in;
		*out = (char *)stream->next_out;
		if (rc == Z_BUF_ERROR)
			break;
		if (rc == Z_STREAM_END) {
			gunzip->began = false;
			gunzip->any_end = true;
		} else if (rc != Z_OK) {
			return err_set(err, rc == Z_MEM_ERROR ? ERR_RETRY : ERR_REJECT,
				"gzip data: %s", stream->msg ? stream->msg : zError(rc));
		}
	}
	return 0;
}

bool gunzip_is_whole(const struct gunzip *gunzip)
{
	return !gunzip->began && gunzip->any_end;
}
