/* links: logtail/logtail.a */
/*
 * Histories of a log by chance: lines, rotations of every kind, restarts and crashes, with looks and
 * reads in between. Each line must come out once; a line that is gone before it was read must be told.
 */
#include "unit.h"

#include "follow_case.h"

#define HISTORIES 400
#define STEPS 120
#define LINES_MAX 4000
#define GENERATIONS 5

static struct world world;

static struct history {
	uint64_t seed;
	unsigned lines;        /* written so far */
	bool gone[LINES_MAX];  /* its file was destroyed */
	bool known[LINES_MAX]; /* a look has seen that it is there */
	/* Which lines each file has: [0] is a.log, [n] a.log.n; compressed ones end in .gz. */
	struct file {
		unsigned from, to;
		bool there, compressed;
	} files[GENERATIONS];
	bool half;          /* the last line of a.log is not finished */
	unsigned destroyed; /* files */
	bool crashes;       /* entries that are not committed come again */
	size_t half_at;     /* bytes of it that are there */
	char trace[STEPS * 24];
} history;

static unsigned chance(unsigned below)
{
	history.seed ^= history.seed << 13;
	history.seed ^= history.seed >> 7;
	history.seed ^= history.seed << 17;
	return (unsigned)(history.seed >> 33) % below;
}

static const char *name_of(unsigned n, bool compressed)
{
	static char names[4][32];
	static unsigned turn;
	char *name = names[turn++ % 4];

	if (n == 0)
		return "a.log";
	snprintf(name, sizeof(names[0]), "a.log.%u%s", n, compressed ? ".gz" : "");
	return name;
}

static void write_part(size_t from, size_t to)
{
	char line[WORLD_LINE];

	world_line(line, sizeof(line), history.lines);
	line[to] = '\0';
	world_append(&world, "a.log", line + from);
}

static void finish_line(void)
{
	char line[WORLD_LINE];

	if (!history.half)
		return;
	write_part(history.half_at, world_line(line, sizeof(line), history.lines));
	history.half = false;
	history.files[0].to = ++history.lines;
}

static void append(void)
{
	unsigned count = chance(4) ? chance(4) : chance(60);

	if (history.lines + count + 2 >= LINES_MAX)
		return;
	finish_line();
	if (!history.files[0].there)
		history.files[0] =
			(struct file){ history.lines, history.lines, true, false };
	world_append(&world, "a.log", "");
	world_lines(&world, "a.log", history.lines, history.lines + count);
	history.lines += count;
	history.files[0].to = history.lines;
	if (chance(4) == 0) {
		history.half = true;
		history.half_at = 5 + chance(30); /* it can't be taken for a line */
		write_part(0, history.half_at);
	}
}

static void lose(struct file *file)
{
	for (unsigned n = file->from; n < file->to; n++)
		history.gone[n] = true;
	file->there = false;
	history.destroyed++;
}

/* Makes place for a new a.log.1. */
static void shift(void)
{
	for (unsigned n = GENERATIONS; n-- > 1;) {
		struct file *file = &history.files[n];
		const char *name = name_of(n, file->compressed);

		if (!file->there)
			continue;
		if (n == GENERATIONS - 1) {
			world_delete(&world, name);
			lose(file);
			continue;
		}
		world_rename(&world, name, name_of(n + 1, file->compressed));
		history.files[n + 1] = *file;
		file->there = false;
	}
}

static void rotate(void)
{
	if (!history.files[0].there)
		return;
	finish_line();
	shift();
	world_rename(&world, "a.log", "a.log.1");
	history.files[1] = history.files[0];
	history.files[0].there = false;
}

static void look(void);

static void copytruncate(void)
{
	if (!history.files[0].there)
		return;
	finish_line();
	shift();
	world_copy(&world, "a.log", "a.log.1");
	history.files[1] = history.files[0];
	if (chance(2))
		look();
	if (chance(3) == 0)
		world_read(&world);
	world_truncate(&world, "a.log", 0);
	history.files[0] = (struct file){ history.lines, history.lines, true, false };
}

static void pack(void)
{
	unsigned n = 1 + chance(GENERATIONS - 1);
	struct file *file = &history.files[n];

	if (!file->there || file->compressed)
		return;
	world_gzip(&world, name_of(n, false));
	file->compressed = true;
}

static void truncate_in_place(void)
{
	if (!history.files[0].there || chance(3))
		return;
	finish_line();
	world_truncate(&world, "a.log", 0);
	lose(&history.files[0]);
	history.files[0] = (struct file){ history.lines, history.lines, true, false };
}

static void look(void)
{
	world_look(&world);
	for (unsigned i = 0; i < GENERATIONS; i++)
		for (unsigned n = history.files[i].from;
			history.files[i].there && n < history.files[i].to; n++)
			history.known[n] = true;
	world.now_s += chance(2) ? 0.05 : 1;
}

static void read_some(void)
{
	world.room = chance(2) ? SIZE_MAX : 1 + chance(20);
	world_read(&world);
	world.room = SIZE_MAX;
}

static void silence(void)
{
	world_silence(&world);
}

static void save(void)
{
	if (history.crashes)
		world_save(&world);
	else
		world_restart(&world);
}

static void crash(void)
{
	if (history.crashes)
		world_crash(&world);
}

static void step(void)
{
	static const struct {
		const char *name;
		void (*act)(void);
		unsigned weight;
	} acts[] = {
		{ "append", append, 30 },
		{ "look", look, 25 },
		{ "read", read_some, 25 },
		{ "rotate", rotate, 4 },
		{ "copytruncate", copytruncate, 4 },
		{ "pack", pack, 4 },
		{ "truncate", truncate_in_place, 3 },
		{ "save", save, 3 },
		{ "crash", crash, 1 },
		{ "silence", silence, 1 },
	};
	unsigned at = chance(100), i = 0;

	while (at >= acts[i].weight)
		at -= acts[i++].weight;
	acts[i].act();
	snprintf(history.trace + strlen(history.trace),
		sizeof(history.trace) - strlen(history.trace), "%s ", acts[i].name);
}

static void check_lines(uint64_t seed)
{
	unsigned counts[LINES_MAX] = { 0 };
	unsigned parts = 0; /* of lines whose rest was lost */
	uint64_t lost_bytes = 0;
	char *line = world.out.data;

	for (char *end; (end = strchr(line, '\n')); line = end + 1) {
		char *rest;
		unsigned long n = strtoul(line, &rest, 10);

		if (strncmp(line, "2026-", 5) == 0) {
			parts++;
			continue;
		}
		if (rest != end || n >= history.lines)
			fail_msg("seed %llu: the line \"%.*s\" is none: %s",
				(unsigned long long)seed, (int)(end - line), line,
				history.trace);
		counts[n]++;
	}
	for (unsigned n = 0; n < history.lines; n++) {
		if (counts[n] > 1 || (counts[n] == 0 && !history.gone[n]))
			fail_msg("seed %llu: line %u of %u came %u times: %s",
				(unsigned long long)seed, n, history.lines, counts[n],
				history.trace);
		if (counts[n] == 0 && history.known[n])
			lost_bytes += world_lines_bytes(n, n + 1);
	}
	if (parts > history.destroyed)
		fail_msg("seed %llu: %u half lines: %s", (unsigned long long)seed, parts,
			history.trace);
	if (!history.crashes && world.unknown_gaps == 0 &&
		world.gap_bytes + WORLD_LINE * parts < lost_bytes)
		fail_msg("seed %llu: %llu bytes were lost, %llu told: %s",
			(unsigned long long)seed, (unsigned long long)lost_bytes,
			(unsigned long long)world.gap_bytes, history.trace);
	if (!history.crashes &&
		world.gap_bytes > lost_bytes + WORLD_LINE * world.gaps_count)
		fail_msg("seed %llu: %llu bytes were lost, but %llu told: %s",
			(unsigned long long)seed, (unsigned long long)lost_bytes,
			(unsigned long long)world.gap_bytes, history.trace);
}

static void run(uint64_t seed, bool crashes)
{
	history = (struct history){ .seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
		.crashes = crashes };
	world_open(&world);
	world_save(&world);
	for (unsigned i = 0; i < STEPS; i++)
		step();
	finish_line();
	world_settle(&world);
	check_lines(seed);
	world_close(&world);
}

static void each_line_comes_once_or_is_told(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= HISTORIES; seed++)
		run(seed, false);
}

static void after_crashes_too(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= HISTORIES; seed++)
		run(seed, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_comes_once_or_is_told),
		cmocka_unit_test(after_crashes_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
