#include "unit.h"

#include <errno.h>

#include "err.h"

static void an_error_keeps_its_kind_and_sentence(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ERR_REJECT, "open %s: %d", "/x", 7), -1);
	assert_int_equal(err.kind, ERR_REJECT);
	assert_string_equal(err.msg, "open /x: 7");
}

static void the_text_of_errno_follows_and_errno_survives(void **state)
{
	struct err err = { 0 };

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_errno(&err, ERR_RETRY, "write %s", "/x"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_string_equal(err.msg, "write /x: No space left on device");
}

static void a_shortage_is_no_wrong_configuration(void **state)
{
	static const struct {
		int error;
		enum err_kind want;
	} cases[] = { { ENOENT, ERR_CONFIG }, { EACCES, ERR_CONFIG },
		{ ELOOP, ERR_CONFIG }, { EMFILE, ERR_RETRY }, { ENFILE, ERR_RETRY },
		{ ENOMEM, ERR_RETRY }, { EIO, ERR_RETRY } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(err_config_kind(cases[i].error), cases[i].want);
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	errno = EPERM;
	assert_int_equal(err_set(NULL, ERR_FATAL, "x"), -1);
	assert_int_equal(err_errno(NULL, ERR_FATAL, "x"), -1);
	assert_int_equal(errno, EPERM);
}

static void a_message_too_long_says_so(void **state)
{
	static const size_t lengths[] = { 505, 511, 512, 600 };
	char text[700];
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		memset(text, 'x', sizeof(text));
		text[lengths[i]] = '\0';
		errno = ENOENT;
		err_errno(&err, ERR_FATAL, "%s", text);
		assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
		assert_string_equal(err.msg + sizeof(err.msg) - 4, "...");
	}
	err_set(&err, ERR_FATAL, "%s", text);
	assert_string_equal(err.msg + sizeof(err.msg) - 4, "...");
	text[511] = '\0';
	err_set(&err, ERR_FATAL, "%s", text);
	assert_string_equal(err.msg, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_keeps_its_kind_and_sentence),
		cmocka_unit_test(the_text_of_errno_follows_and_errno_survives),
		cmocka_unit_test(a_shortage_is_no_wrong_configuration),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(a_message_too_long_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
