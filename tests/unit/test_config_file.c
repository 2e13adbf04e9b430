#include "unit.h"

#include "config.h"
#include "scratch.h"

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X180 X50 X50 X50 X10 X10 X10

static char dir[SCRATCH_SIZE];

static int make_scratch(void **state)
{
	(void)state;
	scratch_make(dir);
	return 0;
}

static int remove_scratch(void **state)
{
	(void)state;
	scratch_remove(dir);
	return 0;
}

static int read_text(struct config *config, const char *text, size_t len, struct err *err)
{
	memset(config, 0, sizeof(*config));
	buf_init(&config->warnings, 10000);
	return config_file_read(config, scratch_file(dir, "f.ini", text, len), err);
}

static const struct {
	const char *when, *text, *host;
} good[] = {
	{ "the plain thing", "[database]\nhost = h\n", "h" },
	{ "no newline at the end", "[database]\nhost = h", "h" },
	{ "returns before newlines", "[database]\r\nhost = h\r\n", "h" },
	{ "a byte order mark", "\xef\xbb\xbf[database]\nhost = h\n", "h" },
	{ "a byte order mark before a comment", "\xef\xbb\xbf# a ;b\n[database]\nhost=h",
		"h" },
	{ "a colon", "[database]\nhost: h\n", "h" },
	{ "no white space", "[database]\nhost=h\n", "h" },
	{ "white space around", "[database]  \nhost \t =  \th \t \n", "h" },
	{ "white space and signs inside", "[database]\nhost = a b=c:d#e;f # g\n",
		"a b=c:d#e;f # g" },
	{ "quotes stay", "[database]\nhost = \"h\"\n", "\"h\"" },
	{ "comments and blank lines",
		"# a ;b\n; c\n\n  \t\n[database]\n;x\nhost = h\n#\n", "h" },
	{ "a section twice", "[database]\nport = 1\n[buffer]\n[database]\nhost = h\n",
		"h" },
	{ "an empty value", "[database]\nhost =\n", NULL },
	{ "nothing", "", NULL },
	{ "sections only", "[database]\n[no such]\n", NULL },
	{ "the longest line", "[database]\nhost = xxxx" X180 "1234567\nport = 1\n",
		"xxxx" X180 "1234567" },
};

static void good_files_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct config config;
		struct err err;

		if (read_text(&config, good[i].text, strlen(good[i].text), &err) < 0)
			fail_msg("%s: %s", good[i].when, err.msg);
		if (good[i].host)
			check_string(good[i].when, config.database_host, good[i].host);
		else
			check(good[i].when, config.database_host == NULL);
		config_release(&config);
	}
}

static const struct {
	const char *when, *text;
	size_t len; /* 0: all of it */
	const char *message;
} bad[] = {
	{ "one byte too long", "[database]\nhost = xxxx" X180 "12345678\n", 0,
		"line 2: host: the line is too long" },
	{ "much too long", "[database]\nhost = " X180 X180 X180 "\n", 0,
		"line 2: host: the line is too long" },
	{ "too long at the end", "[database]\nhost = " X180 X180, 0,
		"line 2: host: the line is too long" },
	{ "a comment too long", "[database]\n# " X180 X180 "\nhost = h\n", 0,
		"line 2: the line is too long" },
	{ "a comment behind a value", "[database]\nhost = h ; comment\n", 0,
		"line 2: host: \" ;\" would end the value" },
	{ "a semicolon in a password", "[database]\npassword = a\t;b\n", 0,
		"line 2: password: \" ;\" would end the value" },
	{ "a semicolon first", "[database]\nhost = ;h\n", 0, "\" ;\" would end" },
	{ "an indented line", "[database]\nhost = h\n  port = 1\n", 0,
		"line 3: port: the line is indented" },
	{ "an indented first line", " [database]\n", 0, "line 1: the line is indented" },
	{ "an indented comment", "[database]\nhost = h\n  ; c\n", 0,
		"line 3: the line is indented" },
	{ "a NUL byte", "[database]\nhost = a\0b\n", 22, "line 2: host: a NUL byte" },
	{ "UTF-16", "\xff\xfe[\0d\0]\0\n\0", 10, "line 1: a NUL byte" },
	{ "no section", "host = h\n", 0,
		"line 1: host: unknown section; did you mean [database] host?" },
	{ "a section that does not end", "[database\nhost = h\n", 0,
		"line 1: the section's name does not end in ]" },
	{ "text behind a section", "[database] host = h\n", 0,
		"line 1: text after [section] would be ignored" },
	{ "returns for newlines", "[database]\rhost = h\r", 0,
		"line 1: text after [section] would be ignored" },
	{ "a key without a value", "[database]\nhost = h\nport\nuser = u\n", 0,
		"line 3: neither [section] nor key = value" },
	{ "no key", "[database]\n= h\n", 0, "line 2: unknown key" },
	{ "the same key twice", "[database]\nhost = a\nhost = a\n", 0,
		"line 3: host: duplicate key, first set in line 2" },
	{ "twice, empty first", "[database]\nhost =\nhost = a\n", 0,
		"line 3: host: duplicate key, first set in line 2" },
	{ "twice in a section repeated",
		"[database]\nhost = a\n[buffer]\n[database]\nhost: b\n", 0,
		"line 5: host: duplicate key, first set in line 2" },
	{ "a slip of the pen", "[database]\nhots = h\n", 0,
		"line 2: hots: unknown key; did you mean [database] host?" },
	{ "capitals", "[database]\nHost = h\n", 0,
		"line 2: Host: unknown key; did you mean [database] host?" },
	{ "a slip in the section", "[databse]\nhost = h\n", 0,
		"line 2: host: unknown section; did you mean [database] host?" },
	{ "the wrong section", "[collection]\napi_key = k\n", 0,
		"line 2: api_key: unknown key; did you mean [listener] api_key?" },
	{ "nothing like it", "[database]\nfrobnicate = h\n", 0,
		"line 2: frobnicate: unknown key" },
	{ "a long unknown key", "[databas]\n" X50 X50 " = h\n", 0,
		X50 X50 ": unknown section" },
	{ "the first mistake is told", "[database]\nport = x\nport = y\nq = 1\n", 0,
		"line 2: database.port: \"x\"" },
};

static void silent_habits_are_spoken_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].text);
		struct config config;
		struct err err = { 0 };

		if (read_text(&config, bad[i].text, len, &err) == 0)
			fail_msg("%s: accepted", bad[i].when);
		check(bad[i].when, err.kind == ERR_CONFIG);
		check(err.msg, strstr(err.msg, "/f.ini line ") != NULL);
		if (!strstr(err.msg, bad[i].message))
			fail_msg("%s: %s", bad[i].when, err.msg);
		config_release(&config);
	}
}

static void no_help_is_better_than_a_wrong_one(void **state)
{
	static const char *const texts[] = { "[database]\nfrobnicate = h\n",
		"[databas]\n" X50 X50 " = h\n", "[zzz]\nzzzzzz = 1\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct config config;
		struct err err;

		assert_int_equal(
			read_text(&config, texts[i], strlen(texts[i]), &err), -1);
		check(err.msg, strstr(err.msg, "did you mean") == NULL);
		config_release(&config);
	}
}

static void a_message_never_holds_a_secrets_value(void **state)
{
	static const char *const lines[] = { "password = s3cret ; x\n",
		" password = s3cret\n", "password = s3cret\npassword = s3cret\n",
		"password = s3cret" X180 X50 "\n", "password = s3cret\x01\n",
		"pasword = s3cret\n", "password s3cret\n", "conninfo = s3cret ;\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct config config;
		struct err err;
		char text[500];

		snprintf(text, sizeof(text), "[database]\n%s", lines[i]);
		check(lines[i], read_text(&config, text, strlen(text), &err) == -1);
		check(err.msg, strstr(err.msg, "s3cret") == NULL);
		config_release(&config);
	}
}

static const struct {
	const char *when, *text;
	mode_t mode;
	bool warned;
} modes[] = {
	{ "everybody reads the password", "[database]\npassword = p\n", 0644, true },
	{ "everybody reads the conninfo", "[database]\nconninfo = p\n", 0604, true },
	{ "everybody reads the key", "[listener]\napi_key = p\n", 0644, true },
	{ "everybody reads the proxy", "[listener]\nproxy = p\n", 0644, true },
	{ "the group reads the password", "[database]\npassword = p\n", 0640, false },
	{ "an empty password", "[database]\npassword =\n", 0644, false },
	{ "a file's name is no secret", "[database]\npassword_file = p\n", 0644, false },
};

static void a_secret_that_everybody_reads_draws_a_warning(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		const char *path =
			scratch_file(dir, "f.ini", modes[i].text, strlen(modes[i].text));
		struct config config = { 0 };
		struct err err;

		buf_init(&config.warnings, 1000);
		chmod(path, modes[i].mode);
		assert_int_equal(config_file_read(&config, path, &err), 0);
		check(modes[i].when, (config.warnings.len > 0) == modes[i].warned);
		if (modes[i].warned)
			check(config.warnings.data,
				strstr(config.warnings.data, "readable by everybody"));
		config_release(&config);
	}
}

static void only_a_regular_file_of_moderate_size_is_read(void **state)
{
	static char huge[(1 << 20) + 1];
	struct config config = { 0 };
	char path[100];
	struct err err;

	(void)state;
	assert_int_equal(config_file_read(&config, dir, &err), -1);
	assert_non_null(strstr(err.msg, "not a regular file"));
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(config_file_read(&config, path, &err), -1);
	assert_non_null(strstr(err.msg, "not a regular file"));
	memset(huge, '\n', sizeof(huge));
	assert_int_equal(read_text(&config, huge, sizeof(huge), &err), -1);
	assert_non_null(strstr(err.msg, "larger than"));
	assert_int_equal(read_text(&config, huge, sizeof(huge) - 1, &err), 0);
	config_release(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_are_read),
		cmocka_unit_test(silent_habits_are_spoken_out),
		cmocka_unit_test(no_help_is_better_than_a_wrong_one),
		cmocka_unit_test(a_message_never_holds_a_secrets_value),
		cmocka_unit_test(a_secret_that_everybody_reads_draws_a_warning),
		cmocka_unit_test(only_a_regular_file_of_moderate_size_is_read),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
