/* links: collector/collector.a */
#include "unit.h"

#include "collector/agent.h"
#include "version.h"

#define NAME(n) "20260130T0000" n ".000000Z-pg_log-1-000000.json.zst"
#define PART(files, bytes, first, last)                               \
	"{\"files\":" files ",\"bytes\":" bytes ",\"first\":\"" first \
	"\",\"last\":\"" last "\",\"begins\":true}"
#define EVICTED(since, files, bytes, parts)                                           \
	"{\"counting_since\":" since ",\"evicted\":{\"files\":" files                 \
	",\"bytes\":" bytes                                                           \
	",\"first\":\"" NAME("01") "\",\"last\":\"" NAME("30") "\",\"parts\":[" parts \
							       "]}}"
/* 01 to 04, 10 to 19, 20 and 30. */
#define PARTS                                                    \
	PART("4", "400", NAME("01"), NAME("04"))                 \
	"," PART("10", "1000", NAME("10"), NAME("19")) "," PART( \
		"2", "200", NAME("20"), NAME("30"))
#define ALL EVICTED("7.5", "16", "1600", PARTS)
#define ID 7500000

static void read_of(const char *text, const struct agent_told *told, struct agent *ret)
{
	struct json_node *root = text ? json_read(text, strlen(text)) : NULL;

	assert_true(!text || root);
	agent_read(root, told, ret);
	json_read_release(root);
}

static const struct {
	const char *when;
	const char *state;
	struct agent_told told;
	uint64_t files, bytes; /* since */
	const char *first;     /* "": not known */
	uint64_t told_files;   /* after it */
} evictions[] = {
	{ "no state", NULL, { 0 }, 0, 0, "", 0 },
	{ "no state any more", NULL, { ID, 5, 500, NAME("10") }, 0, 0, "", 5 },
	{ "another root", "[1]", { ID, 5, 500, "" }, 0, 0, "", 5 },
	{ "none", EVICTED("7.5", "0", "0", ""), { 0 }, 0, 0, "", 0 },
	{ "all, at first", ALL, { 0 }, 16, 1600, NAME("01"), 16 },
	{ "what was told", ALL, { ID, 16, 1600, NAME("30") }, 0, 0, "", 16 },
	{ "one part more", ALL, { ID, 14, 1400, NAME("19") }, 2, 200, NAME("20"), 16 },
	{ "two parts more", ALL, { ID, 4, 400, NAME("04") }, 12, 1200, NAME("10"), 16 },
	{ "from within a part", ALL, { ID, 9, 900, NAME("14") }, 7, 700, NAME("14"), 16 },
	{ "from within a part, at an odd name", ALL, { ID, 9, 900, NAME("01") }, 7, 700,
		NAME("10"), 16 },
	{ "from within a part, at no name", ALL, { ID, 9, 900, "" }, 7, 700, NAME("10"),
		16 },
	{ "a count that began anew", ALL, { ID - 1, 9, 900, NAME("14") }, 16, 1600,
		NAME("01"), 16 },
	{ "one that began anew and is ahead", EVICTED("7.5", "100", "10000", PARTS),
		{ ID - 1, 9, 900, NAME("14") }, 100, 10000, NAME("01"), 100 },
	{ "one that began anew and has none", EVICTED("7.5", "0", "0", ""),
		{ ID - 1, 9, 900, NAME("14") }, 0, 0, "", 0 },
	{ "one that took some back", ALL, { ID, 17, 1700, NAME("30") }, 0, 0, "", 17 },
	{ "bytes that went back", ALL, { ID, 15, 1700, NAME("20") }, 1, 0, NAME("20"),
		16 },
	{ "a version before, on the way", EVICTED("null", "16", "1600", ""),
		{ 0, 9, 900, NAME("14") }, 7, 700, NAME("14"), 16 },
	{ "a version before, from the start", EVICTED("null", "16", "1600", ""), { 0 },
		16, 1600, NAME("01"), 16 },
	{ "a version before, that lost its count", EVICTED("null", "16", "1600", ""),
		{ 0, 17, 900, NAME("14") }, 16, 1600, NAME("01"), 16 },
	{ "the version after it", ALL, { 0, 14, 1400, NAME("19") }, 2, 200, NAME("20"),
		16 },
	{ "parts that began later than the count", EVICTED("7.5", "20", "2000", PARTS),
		{ ID, 2, 200, NAME("02") }, 18, 1800, NAME("02"), 20 },
	{ "parts of more than the count", EVICTED("7.5", "3", "300", PARTS),
		{ ID, 2, 200, NAME("02") }, 1, 100, NAME("02"), 3 },
	{ "huge numbers",
		EVICTED("1e300", "9007199254740992", "1e300",
			PART("9007199254740992", "-1", "x", "../y")),
		{ 0 }, 9007199254740992, 0, "", 9007199254740992 },
};

static void evictions_are_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(evictions); i++) {
		const struct agent_told *told = &evictions[i].told;
		const char *when = evictions[i].when;
		struct agent agent, again;

		read_of(evictions[i].state, told, &agent);
		check(when, agent.since.files == evictions[i].files);
		check(when, agent.since.bytes == evictions[i].bytes);
		check_string(when, agent.since.first, evictions[i].first);
		check_string(
			when, agent.since.last, evictions[i].files > 0 ? NAME("30") : "");
		check(when, agent.told.files == evictions[i].told_files);
		read_of(evictions[i].state, &agent.told, &again);
		check(when, again.since.files == 0 && again.since.bytes == 0);
		check(when, memcmp(&again.told, &agent.told, sizeof(again.told)) == 0);
	}
}

/* However pg-forward takes back and goes on: what was told adds up to what was evicted. */
static void what_is_told_adds_up(void **state)
{
	static const int totals[] = { 0, 10, 9, 9, 12, 5, 6, 20, 20, 21 };
	struct agent_told told = { 0 };
	uint64_t sum = 0;
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(totals); i++) {
		struct agent agent;

		snprintf(text, sizeof(text),
			"{\"counting_since\":7.5,\"evicted\":{\"files\":%d,\"bytes\":%d}}",
			totals[i], totals[i] * 100);
		read_of(text, &told, &agent);
		sum += agent.since.files;
		told = agent.told;
	}
	assert_int_equal(sum, 21);
	assert_int_equal(told.bytes, 2100);
}

#define VERSION_MEMBER "\"agent\":{\"version\":\"" VERSION "\","
#define STATE                                                                        \
	"{\"breaker\":{\"state\":\"half open\"},\"sent\":{\"files\":3,\"bytes\":9}," \
	"\"refused\":{\"files\":4},\"counting_since\":7.5,"                          \
	"\"evicted\":{\"files\":2,\"bytes\":200,\"first\":\"" NAME(                  \
		"20") "\",\"last\":\"" NAME("30") "\"}}"

static const struct known_size backlog = {
	.bytes = 8192, .new_files = 2, .oldest = NAME("10")
};
static const struct known_size empty = { .bytes = 4096 };
static const struct known_size odd = { .new_files = 1, .oldest = "../../etc/passwd" };

/* 2026-01-30 00:00:10, which is what NAME("10") says, and 90.9 s. */
#define NOW_US ((int64_t)1769731210 * 1000000 + 90900000)

static const struct {
	const char *when;
	const char *state;
	const struct known_size *size;
	bool unread, running;
	int64_t wall_us;
	const char *want;
} documents[] = {
	{ "all of it", STATE, &backlog, false, true, NOW_US,
		"\"spool_files\":2,\"spool_bytes\":8192,\"oldest_age_s\":90,"
		"\"forwarder_running\":true,\"breaker\":\"half open\",\"sent\":3,"
		"\"refused\":4,\"evicted\":{\"files\":2,\"bytes\":200},"
		"\"evicted_since\":{\"files\":2,\"bytes\":200,\"first\":\"" NAME(
			"20") "\",\"last\":\"" NAME("30") "\"}}" },
	{ "pg-forward never ran", NULL, &empty, false, false, NOW_US,
		"\"spool_files\":0,\"spool_bytes\":4096,\"oldest_age_s\":null,"
		"\"forwarder_running\":false,\"breaker\":null,\"sent\":0,\"refused\":0,"
		"\"evicted\":{\"files\":0,\"bytes\":0},\"evicted_since\":null}" },
	{ "nothing could be read", NULL, NULL, true, true, NOW_US,
		"\"spool_files\":null,\"spool_bytes\":null,\"oldest_age_s\":null,"
		"\"forwarder_running\":true,\"breaker\":null,\"sent\":null,"
		"\"refused\":null,\"evicted\":{\"files\":null,\"bytes\":null},"
		"\"evicted_since\":null}" },
	{ "a clock set back, and odd texts",
		"{\"breaker\":{\"state\":\"ajar\"},\"sent\":\"x\",\"refused\":[],"
		"\"evicted\":{\"files\":1,\"first\":\"a\\\"b\",\"last\":\"c\"}}",
		&backlog, false, false, NOW_US - 3600 * (int64_t)1000000,
		"\"spool_files\":2,\"spool_bytes\":8192,\"oldest_age_s\":0,"
		"\"forwarder_running\":false,\"breaker\":null,\"sent\":0,\"refused\":0,"
		"\"evicted\":{\"files\":1,\"bytes\":0},"
		"\"evicted_since\":{\"files\":1,\"bytes\":0,\"first\":null,"
		"\"last\":null}}" },
	{ "an oldest that is no name", NULL, &odd, false, false, NOW_US,
		"\"spool_files\":1,\"spool_bytes\":0,\"oldest_age_s\":null,"
		"\"forwarder_running\":false,\"breaker\":null,\"sent\":0,\"refused\":0,"
		"\"evicted\":{\"files\":0,\"bytes\":0},\"evicted_since\":null}" },
};

static void what_is_not_known_is_null(void **state)
{
	static const struct agent_told none;

	(void)state;
	for (size_t i = 0; i < COUNT(documents); i++) {
		const char *when = documents[i].when;
		struct agent agent;
		struct json json;
		char want[1000];
		struct buf out;

		read_of(documents[i].state, &none, &agent);
		agent.has_counters = !documents[i].unread;
		agent.forwarder_running = documents[i].running;
		if (documents[i].size)
			agent_set_size(&agent, documents[i].size);
		buf_init(&out, 65536);
		json_begin(&json, &out);
		json_object(&json);
		agent_write(&json, &agent, documents[i].wall_us);
		json_end(&json);
		check(when, !out.failed);
		snprintf(want, sizeof(want), "{" VERSION_MEMBER "%s}", documents[i].want);
		check_string(when, out.data, want);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evictions_are_told_once),
		cmocka_unit_test(what_is_told_adds_up),
		cmocka_unit_test(what_is_not_known_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
