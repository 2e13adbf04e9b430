/* redact_sql(): a password stays hidden whatever stands before it and wherever it is cut. */
#include "fuzz.h"

#include "redact.h"

#define PLANTED " PASSWORD 'M4RK3R'"

static void redact(enum redact_mode mode, const char *sql, size_t len)
{
	char *exact = malloc(len + 1); /* a byte too many would be seen */
	struct buf out;

	memcpy(exact + 1, sql, len);
	buf_init(&out, 1 << 20);
	redact_sql(mode, exact + 1, len, &out);
	must(!out.failed);
	if (out.data && memmem(out.data, out.len, "4RK3", 4)) {
		fprintf(stderr, "mode %d: %s\n", (int)mode, out.data);
		must(!"the password");
	}
	buf_release(&out);
	free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t full = len + strlen(PLANTED), split = len ? data[len - 1] % (len + 1) : 0;
	char *sql = malloc(full + 1);

	if (memmem(data, len, "4RK3", 4)) {
		free(sql);
		return 0;
	}
	memcpy(sql, data, split);
	memcpy(sql + split, PLANTED, strlen(PLANTED));
	memcpy(sql + split + strlen(PLANTED), data + split, len - split);
	for (enum redact_mode mode = REDACT_NONE; mode <= REDACT_STATEMENTS; mode++) {
		redact(mode, sql, full);
		for (size_t cut = 0; cut <= strlen(PLANTED); cut++)
			redact(mode, sql, split + cut);
	}
	free(sql);
	return 0;
}
