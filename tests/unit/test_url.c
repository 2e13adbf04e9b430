/* links: forwarder/url.o */
#include "unit.h"

#include "forwarder/url.h"

static const struct {
	const char *text;
	const char *preset;
	struct url want;
} parsed[] = {
	{ "https://listener:8443/ingest/postgres", NULL,
		{ .scheme = "https",
			.host = "listener",
			.port = 8443,
			.path = "/ingest/postgres" } },
	{ "HTTPS://Example.com", NULL, { .scheme = "https", .host = "Example.com" } },
	{ "http://127.0.0.1:1/x?key=1#y", NULL,
		{ .scheme = "http", .host = "127.0.0.1", .port = 1, .path = "/x" } },
	{ "http://[::1]:8080?q", NULL,
		{ .scheme = "http", .host = "[::1]", .port = 8080 } },
	{ "https://a:/p", NULL, { .scheme = "https", .host = "a", .path = "/p" } },
	{ "http://127.0.0.1@evil.example/", NULL,
		{ .scheme = "http",
			.has_user = true,
			.host = "evil.example",
			.path = "/" } },
	{ "socks5h://u:p%40ss:w@[fe80::1]:1080", NULL,
		{ .scheme = "socks5h",
			.has_user = true,
			.password = "p%40ss:w",
			.host = "[fe80::1]",
			.port = 1080 } },
	{ "http://u:a@b@proxy", NULL,
		{ .scheme = "http",
			.has_user = true,
			.password = "a@b",
			.host = "proxy" } },
	{ "proxy:3128", "http", { .scheme = "http", .host = "proxy", .port = 3128 } },
};

static void parts_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(parsed); i++) {
		const struct url *want = &parsed[i].want;
		struct url is;

		check(parsed[i].text, url_parse(parsed[i].text, parsed[i].preset, &is));
		check_string(parsed[i].text, is.scheme, want->scheme);
		check_string(parsed[i].text, is.host, want->host);
		check_string(parsed[i].text, is.password, want->password);
		check_string(parsed[i].text, is.path, want->path);
		check(parsed[i].text, is.port == want->port);
		check(parsed[i].text, is.has_user == want->has_user);
	}
}

static void what_can_be_read_in_two_ways_is_no_url(void **state)
{
	static const char *const texts[] = { "", "x", "https://", "https:///path",
		"https://:80/", "://host", "ht tp://host", "https://ho st/",
		"https://host\n/", "https://h:0/", "https://h:65536/",
		"https://h:123456/", "https://h:8a/", "https://h:-1/",
		"https://h\\@evil/", "https://[::1", "https://[zz]/", "https://[::1]x/",
		"https://h%2f/", "https://h\xc3\xa4/", "https://[]/", "https://h:+8/" };
	struct url url;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check(texts[i], !url_parse(texts[i], NULL, &url));
}

static void only_this_machine_is_loopback(void **state)
{
	static const struct {
		const char *host;
		bool want;
	} hosts[] = { { "localhost", true }, { "LOCALHOST", true }, { "127.0.0.1", true },
		{ "127.9.9.9", true }, { "[::1]", true }, { "128.0.0.1", false },
		{ "localhost.example", false }, { "127.1", false },
		{ "2130706433", false }, { "[::2]", false },
		{ "127.0.0.1.example", false } };

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct url url = { 0 };

		strcpy(url.host, hosts[i].host);
		check(hosts[i].host, url_is_loopback(&url) == hosts[i].want);
	}
}

static void escapes_are_decoded_and_broken_ones_kept(void **state)
{
	static const char *const texts[][2] = { { "p%40ss%2Fx", "p@ss/x" },
		{ "%4", "%4" }, { "a%zzb%", "a%zzb%" }, { "", "" } };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char text[32];

		strcpy(text, texts[i][0]);
		url_decode(text);
		check_string(texts[i][0], text, texts[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(what_can_be_read_in_two_ways_is_no_url),
		cmocka_unit_test(only_this_machine_is_loopback),
		cmocka_unit_test(escapes_are_decoded_and_broken_ones_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
