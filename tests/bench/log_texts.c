#include "log_texts.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define CLIENT "client backend"

const struct kind kinds[] = {
	{ .weight = 560,
		.level = "LOG",
		.state = "00000",
		.ps = "SELECT",
		.message = "duration: % ms  statement: $",
		.backend_type = CLIENT },
	{ .weight = 240,
		.level = "LOG",
		.state = "00000",
		.ps = "SELECT",
		.message = "duration: % ms  execute <unnamed>: !",
		.detail = "parameters: ^1 = '#', ^2 = '@ @', ^3 = '~', ^4 = NULL",
		.backend_type = CLIENT },
	{ .weight = 30,
		.level = "LOG",
		.state = "00000",
		.ps = "BIND",
		.message = "duration: % ms  bind S_#: !",
		.detail = "parameters: ^1 = '#', ^2 = '&', ^3 = 'f', ^4 = '~'",
		.backend_type = CLIENT },
	{ .weight = 20,
		.level = "ERROR",
		.state = "23505",
		.ps = "INSERT",
		.message = "duplicate key value violates unique constraint \"@_pkey\"",
		.detail = "Key (id)=(#) already exists.",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 10,
		.level = "ERROR",
		.state = "42P01",
		.ps = "SELECT",
		.message = "relation \"@_#\" does not exist",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 5,
		.level = "ERROR",
		.state = "42883",
		.ps = "SELECT",
		.message = "function @(integer, unknown) does not exist",
		.hint = "No function matches the given name and argument types. You might need to add "
			"explicit type casts.",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 8,
		.level = "ERROR",
		.state = "57014",
		.ps = "SELECT",
		.message = "canceling statement due to statement timeout",
		.context =
			"PL/pgSQL function refresh_@(integer) line 14 at SQL statement",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 8,
		.level = "LOG",
		.state = "00000",
		.ps = "UPDATE waiting",
		.message =
			"process # still waiting for ShareLock on transaction # after % ms",
		.detail = "Process holding the lock: #. Wait queue: #, #.",
		.context = "while updating tuple (#,17) in relation \"@\"",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 8,
		.level = "LOG",
		.state = "00000",
		.ps = "SELECT",
		.message = "temporary file: path \"base/pgsql_tmp/pgsql_tmp#.0\", size #",
		.has_statement = true,
		.backend_type = CLIENT },
	{ .weight = 35,
		.level = "LOG",
		.state = "00000",
		.ps = "authentication",
		.message =
			"connection authorized: user=@ database=shop application_name=@",
		.backend_type = CLIENT },
	{ .weight = 35,
		.level = "LOG",
		.state = "00000",
		.ps = "idle",
		.message =
			"disconnection: session time: 0:00:0#.12# user=@ database=shop "
			"host=10.1.#.7 port=#",
		.backend_type = CLIENT },
	{ .weight = 35,
		.level = "LOG",
		.state = "00000",
		.ps = "",
		.message = "connection received: host=10.1.#.9 port=#",
		.is_background = true,
		.backend_type = "not initialized" },
	{ .weight = 5,
		.level = "LOG",
		.state = "00000",
		.ps = "",
		.message =
			"automatic vacuum of table \"shop.public.@\": index scans: 1\n"
			"pages: 0 removed, # remain, # scanned (12.5% of total)\n"
			"tuples: # removed, # remain, 0 are dead but not yet removable\n"
			"removable cutoff: #, which was 0 XIDs old when operation ended\n"
			"index scan needed: # pages from table (1.#% of total) had # dead item "
			"identifiers removed\n"
			"avg read rate: 12.#4 MB/s, avg write rate: 8.#1 MB/s\n"
			"buffer usage: # hits, # misses, # dirtied\n"
			"WAL usage: # records, # full page images, # bytes\n"
			"system usage: CPU: user: 0.12 s, system: 0.03 s, elapsed: 1.#2 s",
		.is_background = true,
		.backend_type = "autovacuum worker" },
	{ .weight = 1,
		.level = "LOG",
		.state = "00000",
		.ps = "",
		.message =
			"checkpoint complete: wrote # buffers (8.#%); 0 WAL file(s) added, 0 removed, "
			"3 recycled; write=269.#11 s, sync=0.01# s, total=269.#72 s; sync files=#, "
			"longest=0.00# s, average=0.001 s; distance=# kB, estimate=# kB",
		.is_background = true,
		.backend_type = "checkpointer" },
};
const size_t kinds_count = LENGTH(kinds);

const char *const statements[] = {
	"SELECT id, name, price FROM article WHERE id = #",
	"SELECT * FROM customer WHERE email = '@.@@@example.com' AND active LIMIT 1",
	"UPDATE stock SET quantity = quantity - # WHERE article = # AND branch = #",
	"INSERT INTO orders (customer, placed, total, token) VALUES (#, '~', #.95, '&')",
	"BEGIN",
	"COMMIT",
	"SELECT o.id, o.placed, sum(l.amount * l.price)\nFROM orders o\n\tJOIN order_line l ON "
	"l.order_id = o.id\nWHERE o.customer = #\n\tAND o.placed > '~'\nGROUP BY o.id, o.placed\n"
	"ORDER BY o.placed DESC\nLIMIT 20",
	"DELETE FROM session WHERE token = '&&' OR expires < '~'",
	"WITH recent AS (\n\tSELECT article, count(*) AS n\n\tFROM order_line\n\tWHERE order_id > #\n"
	"\tGROUP BY article\n)\nSELECT a.name, r.n\nFROM recent r JOIN article a ON a.id = r.article\n"
	"WHERE a.name LIKE '@%'\nORDER BY r.n DESC",
	"SELECT pg_advisory_xact_lock(#)",
	"INSERT INTO event (kind, payload) VALUES ('@', '{\"user\": #, \"path\": \"/@/@?id=#\", "
	"\"agent\": \"@/1.#\", \"trace\": \"&&\"}')",
	"SELECT count(*) FROM article a WHERE a.category IN (#, #, #, #, #) AND a.name ILIKE '%@%'",
	"UPDATE account SET last_seen = '~', visits = visits + 1 WHERE id = # RETURNING id, visits",
	"SELECT \"t0\".\"id\", \"t0\".\"name\", \"t0\".\"created_at\", \"t0\".\"owner_id\", "
	"\"t1\".\"id\", \"t1\".\"email\" FROM \"project\" AS \"t0\" LEFT OUTER JOIN \"person\" AS "
	"\"t1\" ON (\"t0\".\"owner_id\" = \"t1\".\"id\") WHERE \"t0\".\"id\" IN (#, #, #) AND "
	"\"t0\".\"state\" = '@'",
	"INSERT INTO review (article, author, stars, body) VALUES (#, #, 4, 'The @ @ of @ is @, and "
	"the @ @ it''s @ with a @ @ @. @ @ @ @, @ @ @ @ @.')",
};
const size_t statements_count = LENGTH(statements);

const char *const prepared[] = {
	"SELECT id, name FROM article WHERE id = ^1 AND name = ^2 AND changed > ^3 AND owner IS NOT "
	"DISTINCT FROM ^4",
	"INSERT INTO audit (actor, action, at, note) VALUES (^1, ^2, ^3, ^4)",
	"UPDATE basket\nSET articles = articles || ^1::int,\n\tnote = ^2,\n\tchanged = ^3\n"
	"WHERE id = ^4",
	"SELECT b.id, b.total FROM basket b JOIN customer c ON c.id = b.customer WHERE c.id = ^1 AND "
	"b.note = ^2 AND b.changed BETWEEN ^3 AND now() AND coalesce(b.parent, 0) = coalesce(^4, 0)",
};
const size_t prepared_count = LENGTH(prepared);
