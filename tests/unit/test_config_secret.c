#include "unit.h"

#include "config.h"
#include "scratch.h"

static char dir[SCRATCH_SIZE];

static int make_scratch(void **state)
{
	(void)state;
	scratch_make(dir);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	unsetenv("CREDENTIALS_DIRECTORY");
	scratch_remove(dir);
	return 0;
}

static const struct {
	const char *when;
	const char *content;
	size_t len;       /* 0: all of it */
	const char *want; /* NULL: refused */
} contents[] = {
	{ "a line", "s3cret\n", 0, "s3cret" },
	{ "no newline", "s3cret", 0, "s3cret" },
	{ "a return", "s3cret\r\n", 0, "s3cret" },
	{ "white space is part of it", " s3 cret \n", 0, " s3 cret " },
	{ "bytes above ASCII", "s\xc3\xa9\n", 0, "s\xc3\xa9" },
	{ "two newlines at the end", "s3cret\n\n", 0, "s3cret" },
	{ "two lines", "s3cret\nmore\n", 0, NULL },
	{ "a header smuggled in", "s3cret\r\nX: y\n", 0, NULL },
	{ "a NUL byte", "s3cret\0x", 8, NULL },
	{ "a NUL byte at the end", "s3cret\0", 7, NULL },
	{ "nothing but a newline", "\n", 0, NULL },
};

static void a_secret_file_holds_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		size_t len =
			contents[i].len ? contents[i].len : strlen(contents[i].content);
		char path[300], *secret = NULL;
		struct config config = { 0 };
		struct err err = { 0 };
		int rc;

		strcpy(path, scratch_file(dir, "secret", contents[i].content, len));
		config.database_password_file = path;
		rc = config_database_password(&config, &secret, &err);
		if (contents[i].want) {
			check(err.msg, rc == 0);
			check_string(contents[i].when, secret, contents[i].want);
		} else {
			check(contents[i].when, rc == -1 && err.kind == ERR_CONFIG);
			check(err.msg, strstr(err.msg, path) != NULL);
			check(err.msg, strstr(err.msg, "s3cret") == NULL);
		}
		free(secret);
	}
}

static void a_file_that_is_named_must_be_there(void **state)
{
	struct config config = { .listener_api_key_file = (char *)"/nonexistent/key" };
	char *secret;
	struct err err;

	(void)state;
	assert_int_equal(config_api_key(&config, &secret, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_string_equal(
		err.msg, "secret file /nonexistent/key: No such file or directory");
	config.listener_api_key_file = dir;
	assert_int_equal(config_api_key(&config, &secret, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
}

static void a_secret_has_at_most_8192_bytes(void **state)
{
	static char text[8194];
	char path[300], *secret = NULL;
	struct config config = { .listener_api_key_file = path };
	struct err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	strcpy(path, scratch_file(dir, "secret", text, 8192));
	assert_int_equal(config_api_key(&config, &secret, &err), 0);
	assert_int_equal(strlen(secret), 8192);
	free(secret);
	scratch_file(dir, "secret", text, 8193);
	assert_int_equal(config_api_key(&config, &secret, &err), -1);
	assert_non_null(strstr(err.msg, "longer than 8192 bytes"));
}

static void value_file_and_credential_follow_in_this_order(void **state)
{
	char path[300], *secret = NULL;
	struct config config = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_null(secret);
	setenv("CREDENTIALS_DIRECTORY", "", 1);
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_null(secret);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_null(secret); /* a credential may be absent */
	scratch_file(dir, "db_password", "\n", 1);
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_null(secret); /* or empty: what SetCredential= gives without a file */

	scratch_file(dir, "db_password", "c\n", 2);
	scratch_file(dir, "api_key", "k\n", 2);
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_string_equal(secret, "c");
	free(secret);
	assert_int_equal(config_api_key(&config, &secret, &err), 0);
	assert_string_equal(secret, "k");
	free(secret);

	strcpy(path, scratch_file(dir, "file", "f\n", 2));
	config.database_password_file = path;
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_string_equal(secret, "f");
	free(secret);

	config.database_password = (char *)"v";
	assert_int_equal(config_database_password(&config, &secret, &err), 0);
	assert_string_equal(secret, "v");
	free(secret);
}

static void a_rotated_file_is_read_again(void **state)
{
	char path[300], *secret = NULL;
	struct config config = { .listener_api_key_file = path };
	struct err err;

	(void)state;
	strcpy(path, scratch_file(dir, "key", "old\n", 4));
	config_api_key(&config, &secret, &err);
	free(secret);
	scratch_file(dir, "key", "new\n", 4);
	assert_int_equal(config_api_key(&config, &secret, &err), 0);
	assert_string_equal(secret, "new");
	free(secret);
}

static void a_bad_credential_is_told(void **state)
{
	struct config config = { 0 };
	char *secret;
	struct err err;

	(void)state;
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	scratch_file(dir, "api_key", "a\tb\n", 4);
	assert_int_equal(config_api_key(&config, &secret, &err), -1);
	assert_int_equal(err.kind, ERR_CONFIG);
	assert_null(secret);
}

static void only_a_credential_needs_a_restart(void **state)
{
	struct config config = { 0 };

	(void)state;
	assert_false(config_api_key_is_credential(&config));
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_true(config_api_key_is_credential(&config));
	config.listener_api_key = (char *)"k";
	assert_false(config_api_key_is_credential(&config));
	config.listener_api_key = NULL;
	config.listener_api_key_file = (char *)"/f";
	assert_false(config_api_key_is_credential(&config));
}

#define SECRET_TEST(f) cmocka_unit_test_setup_teardown(f, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECRET_TEST(a_secret_file_holds_one_line),
		SECRET_TEST(a_file_that_is_named_must_be_there),
		SECRET_TEST(a_secret_has_at_most_8192_bytes),
		SECRET_TEST(value_file_and_credential_follow_in_this_order),
		SECRET_TEST(a_rotated_file_is_read_again),
		SECRET_TEST(a_bad_credential_is_told),
		SECRET_TEST(only_a_credential_needs_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
