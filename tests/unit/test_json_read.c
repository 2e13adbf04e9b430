#include "unit.h"

#include "json_read.h"

static struct json_node *read_text(const char *text)
{
	return json_read(text, strlen(text));
}

static void members_come_by_name_and_type(void **state)
{
	struct json_node *root = read_text(
		"{\"s\":\"x\",\"n\":1.5,\"c\":9007199254740992,\"t\":true,\"f\":false,"
		"\"neg\":-1,\"big\":1e300,\"z\":null,\"o\":{\"s\":\"inner\"}}");

	(void)state;
	assert_non_null(root);
	assert_string_equal(json_get_string(root, "s", "no"), "x");
	assert_string_equal(json_get_string(root, "n", "no"), "no");
	assert_string_equal(json_get_string(root, "absent", "no"), "no");
	assert_string_equal(json_get_string(root, "S", "no"), "no");
	assert_true(json_get_number(root, "n", 7) == 1.5);
	assert_true(json_get_number(root, "s", 7) == 7);
	assert_int_equal(json_get_count(root, "c"), 9007199254740992);
	assert_int_equal(json_get_count(root, "neg"), 0);
	assert_int_equal(json_get_count(root, "big"), 0);
	assert_int_equal(json_get_count(root, "absent"), 0);
	assert_true(json_get_bool(root, "t", false));
	assert_false(json_get_bool(root, "f", true));
	assert_true(json_get_bool(root, "n", true));
	assert_string_equal(json_get_string(json_get(root, "o"), "s", "no"), "inner");
	assert_null(json_get(json_get(root, "absent"), "deeper"));
	assert_null(json_get(NULL, "x"));
	json_read_release(root);
	json_read_release(NULL);
}

static void children_come_in_order(void **state)
{
	struct json_node *root = read_text("{\"a\":[\"x\",\"y\"],\"b\":2}");
	const struct json_node *node = json_child(root), *item = json_child(node);

	(void)state;
	assert_string_equal(json_name(node), "a");
	assert_null(json_node_string(node));
	assert_null(json_name(item));
	assert_string_equal(json_node_string(item), "x");
	item = json_next(item);
	assert_string_equal(json_node_string(item), "y");
	assert_null(json_next(item));
	assert_string_equal(json_name(json_next(node)), "b");
	assert_null(json_next(json_next(node)));
	assert_null(json_child(NULL));
	assert_null(json_next(NULL));
	assert_null(json_name(NULL));
	assert_null(json_node_string(NULL));
	json_read_release(root);
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "{", "{\"a\":}", "{\"a\":1",
		"{\"a\":1}x", "{\"a\":1}{\"b\":2}", "{\"a\":1} \n x" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct json_node *root = read_text(bad[i]);

		check(bad[i], root == NULL);
	}
	assert_null(json_read("{}\0", 3));
}

static void white_space_may_follow(void **state)
{
	struct json_node *root = read_text(" {\"a\":1} \r\n\t");

	(void)state;
	assert_non_null(root);
	json_read_release(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_by_name_and_type),
		cmocka_unit_test(children_come_in_order),
		cmocka_unit_test(what_is_not_json_is_refused),
		cmocka_unit_test(white_space_may_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
