/* links: -Wl,--wrap=open -Wl,--wrap=gethostname */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "host.h"
#include "scratch.h"

static const char *fake_id;   /* stands in for the machine's id; "" means none */
static const char *fake_name; /* NULL: it has none */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_gethostname(char *name, size_t size);

int __wrap_open(const char *path, int flags, ...)
{
	if (strcmp(path, "/etc/machine-id") == 0)
		path = fake_id;
	return __real_open(path, flags, 0600);
}

int __wrap_gethostname(char *name, size_t size)
{
	if (!fake_name) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strncpy(name, fake_name, size);
	return 0;
}

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

static void the_name_is_the_machines_and_always_ends(void **state)
{
	static const struct {
		const char *name, *want;
		size_t size;
	} cases[] = { { "db1", "db1", 64 }, { "", "unknown", 64 },
		{ NULL, "unknown", 64 }, { "abcdefgh", "abc", 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char name[64];

		memset(name, 'x', sizeof(name));
		fake_name = cases[i].name;
		host_name(name, cases[i].size);
		check_string(cases[i].want, name, cases[i].want);
	}
}

static void hash_of(const char *id, const char *name, char ret[13])
{
	char path[512];

	strcpy(path, scratch_file(dir, "id", id, strlen(id)));
	fake_id = *id ? path : "/nonexistent";
	fake_name = name;
	host_hash(ret);
	assert_int_equal(strlen(ret), 12);
	assert_int_equal(strspn(ret, "0123456789abcdef"), 12);
}

static void the_hash_tells_machines_apart_and_stays(void **state)
{
	char one[13], again[13], renamed[13], other[13], named[13], other_name[13],
		fresh[13];

	(void)state;
	hash_of("0123456789abcdef0123456789abcdef\n", "a", one);
	hash_of("0123456789abcdef0123456789abcdef\n", "a", again);
	hash_of("0123456789abcdef0123456789abcdef\n", "b", renamed);
	hash_of("0123456789abcdef0123456789abcde0\n", "a", other);
	hash_of("", "a", named);
	hash_of("", "b", other_name);
	hash_of("uninitialized\n", "a", fresh);
	assert_string_equal(one, again);
	assert_string_equal(one, renamed);
	assert_string_not_equal(one, other);
	assert_string_not_equal(one, named);
	assert_string_not_equal(named, other_name);
	assert_string_equal(named, fresh);
	assert_null(strstr("0123456789abcdef0123456789abcdef", one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_is_the_machines_and_always_ends),
		cmocka_unit_test(the_hash_tells_machines_apart_and_stays),
	};

	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
