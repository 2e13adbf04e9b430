#include "unit.h"

#include "json_check.h"
#include "payload.h"

static void the_envelope_is_one_line_of_the_contracts_members(void **state)
{
	const struct payload_server server = { "h", 5432, "15.1", "7" };
	const struct payload_server unknown = { NULL, 5432, NULL, NULL };
	const struct {
		struct payload_meta meta;
		const char *want;
	} cases[] = {
		{ { "", "p", 1700000000000001, "pg_locks", "m", NULL },
			"{\"correlation_id\":\"\",\"project\":\"p\",\"timestamp\":1700000000.000001,"
			"\"source\":\"pg_locks\",\"data\":{\"host\":\"m\",\"x\":1}}\n" },
		{ { "id", "p", 0, "s", "m", &server },
			"{\"correlation_id\":\"id\",\"project\":\"p\",\"timestamp\":0.000000,"
			"\"source\":\"s\",\"data\":{\"host\":\"m\",\"server\":{\"address\":\"h\","
			"\"port\":5432,\"version\":\"15.1\",\"system_identifier\":\"7\"},\"x\":1}}\n" },
		{ { "", "\"\n\xff", 0, "s", "m", &unknown },
			"{\"correlation_id\":\"\",\"project\":\"\\\"\\n\xef\xbf\xbd\","
			"\"timestamp\":0.000000,\"source\":\"s\",\"data\":{\"host\":\"m\","
			"\"server\":{\"address\":null,\"port\":5432,\"version\":null,"
			"\"system_identifier\":null},\"x\":1}}\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json json;
		struct buf buf;

		buf_init(&buf, PAYLOAD_MAX_BYTES);
		payload_begin(&json, &buf, &cases[i].meta);
		json_key(&json, "x");
		json_int(&json, 1);
		payload_end(&json);
		assert_false(buf.failed);
		assert_string_equal(buf.data, cases[i].want);
		assert_null(json_check_object(buf.data, buf.len, NULL));
		buf_release(&buf);
	}
}

static void what_does_not_fit_fails_the_buffer(void **state)
{
	const struct payload_meta meta = { "", "p", 0, "s", "m", NULL };
	struct json json;
	struct buf buf;

	(void)state;
	buf_init(&buf, 40);
	payload_begin(&json, &buf, &meta);
	payload_end(&json);
	assert_true(buf.failed);
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_envelope_is_one_line_of_the_contracts_members),
		cmocka_unit_test(what_does_not_fit_fails_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
