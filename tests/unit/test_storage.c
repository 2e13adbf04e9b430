/* links: collector/storage.o collector/block.o collector/mounts.o collector/metrics_disk.o collector/kernel.o */
#include "unit.h"

#include <math.h>

#include "collector/storage.h"
#include "tree.h"

/* Nothing of it is touched: another machine's. */
#define REMOTE "2 1 0:51 / /nfs rw - nfs4 filer:/pg rw\n"
#define MOUNTS                                            \
	"1 1 0:50 / / rw - overlay overlay rw\n" REMOTE   \
	"3 1 8:2 / /nfs/local rw - ext4 /dev/none2 rw\n"  \
	"4 1 0:52 / /nfs/zfs rw - zfs tank/pg rw\n"       \
	"5 1 0:53 / /nfs/btrfs rw - btrfs /dev/null rw\n" \
	"6 1 8:3 / /nfs/other/pg_wal rw - ext4 /dev/none3 rw\n"

/* "use path mount_point filesystem device disk" of each place. */
static void check_places(
	const char *when, const struct storage *storage, const char *const *want)
{
	for (size_t i = 0; i < storage->count; i++) {
		const struct storage_place *p = &storage->places[i];
		char is[600];

		snprintf(is, sizeof(is), "%s %s %s %s %s %s", p->use, p->path,
			p->mount_point, p->filesystem, *p->device ? p->device : "-",
			p->disks.count ? p->disks.names[0] : "-");
		check_string(when, is, want[i] ? want[i] : "none more");
	}
	check(when, want[storage->count] == NULL);
}

static void make_devices(struct tree *tree)
{
	tree_make(tree);
	tree_text(tree, "sys/devices/pci/sda/sda2/partition", "2\n");
	tree_link(tree, "sys/dev/block/8:2", "../../devices/pci/sda/sda2");
	tree_link(tree, "sys/class/block/sda2", "../../devices/pci/sda/sda2");
	tree_link(tree, "sys/class/block/sda", "../../devices/pci/sda");
}

static void a_log_path_is_cut_at_its_patterns(void **state)
{
	static const char *const want[] = { "log /tmp / overlay - -",
		"log /nfs/a /nfs nfs4 - -", "log /nfs /nfs nfs4 - -", NULL };
	struct storage storage = { .count = 0 };
	struct tree tree;

	(void)state;
	make_devices(&tree);
	storage_add_logs(
		&storage, &tree.kernel, MOUNTS, "/tmp/*/x.log, /nfs/a ,/nfs/b[0-9]/c,,");
	storage_add_logs(&storage, &tree.kernel, MOUNTS, "x*,relative,");
	storage_add(&storage, &tree.kernel, MOUNTS, "log", "/tmp/absent/file");
	storage_add(&storage, &tree.kernel, REMOTE, "log", "/elsewhere");
	assert_int_equal(storage.count, 3);
	assert_true(storage.places[0].has_usage);
	assert_false(storage.places[1].has_usage);
	check_places("patterns", &storage, want);
	scratch_remove(tree.dir);
}

static const struct {
	const char *when;
	const char *data;
	const char *mountinfo; /* the postmaster's */
	const char *wal;  /* where pg_wal leads, "" for a directory; NULL: no right */
	const char *told; /* of the tablespaces, by the server */
	const char *want[5];
} clusters[] = {
	{ "links lead elsewhere", "/nfs/local/data", MOUNTS, "/nfs/wal", "16386 /nfs/x\n",
		{ "data_directory /nfs/local/data /nfs/local ext4 sda2 sda",
			"pg_wal /nfs/wal /nfs nfs4 - -",
			"tablespace 16385 /nfs/zfs/t /nfs/zfs zfs - -" } },
	{ "no link", "/nfs/local/data", MOUNTS, "", "",
		{ "data_directory /nfs/local/data /nfs/local ext4 sda2 sda",
			"pg_wal /nfs/local/data/pg_wal /nfs/local ext4 sda2 sda",
			"tablespace 16385 /nfs/zfs/t /nfs/zfs zfs - -" } },
	{ "no right to look into it", "/nfs/local/data", MOUNTS, NULL, "",
		{ "data_directory /nfs/local/data /nfs/local ext4 sda2 sda" } },
	{ "then the server tells of tablespaces", "/nfs/local/data", MOUNTS, NULL,
		"16385 /nfs/zfs/a b\n\nx\n 16386\n16387 relative\n16388 /nfs/local/t",
		{ "data_directory /nfs/local/data /nfs/local ext4 sda2 sda",
			"tablespace 16385 /nfs/zfs/a b /nfs/zfs zfs - -",
			"tablespace 16388 /nfs/local/t /nfs/local ext4 sda2 sda" } },
	{ "a mount tells without", "/nfs/other", MOUNTS, NULL, "",
		{ "data_directory /nfs/other /nfs nfs4 - -",
			"pg_wal /nfs/other/pg_wal /nfs/other/pg_wal ext4 - -" } },
	{ "a container has a root of its own", "/data",
		"1 1 0:99 / / rw - overlay overlay rw\n2 1 8:2 / /data rw - xfs x rw\n",
		NULL, "", { "data_directory /data /data xfs sda2 sda" } },
	{ "a source that is no block device", "/nfs/btrfs/data", MOUNTS, NULL, "",
		{ "data_directory /nfs/btrfs/data /nfs/btrfs btrfs - -" } },
	{ "no directory known", "", MOUNTS, NULL, "1 /nfs/x\n", { NULL } },
};

static void a_clusters_directories_are_found_as_far_as_rights_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(clusters); i++) {
		struct postmaster postmaster = { .id = { .pid = 20 } };
		struct storage storage = { .count = 0 };
		const char *wal = clusters[i].wal;
		struct tree tree;

		make_devices(&tree);
		strcpy(postmaster.data_directory, clusters[i].data);
		tree_text(&tree, "proc/20/mountinfo", clusters[i].mountinfo);
		postmaster.is_readable = wal != NULL;
		if (wal) {
			tree_link(&tree, "proc/20/cwd/pg_tblspc/16385", "/nfs/zfs/t");
			tree_link(&tree, "proc/20/cwd/pg_tblspc/not_one", "/nfs/x");
			if (*wal)
				tree_link(&tree, "proc/20/cwd/pg_wal", wal);
			else
				tree_text(&tree, "proc/20/cwd/pg_wal/0", "");
		}
		storage_add_cluster(
			&storage, &tree.kernel, MOUNTS, &postmaster, clusters[i].told);
		check_places(clusters[i].when, &storage, clusters[i].want);
		scratch_remove(tree.dir);
	}
}

static void what_is_not_known_is_null(void **state)
{
	static const struct storage storage = { .count = 2,
		.places = { { .use = "data_directory",
				    .path = "/d",
				    .mount_point = "/",
				    .filesystem = "ext4",
				    .device = "dm-0",
				    .disks = { { "sda", "sdb" }, 2 },
				    .has_usage = true,
				    .usage = { 100, 60, 30, 66.66 } },
			{ .use = "pg_wal", .path = "/w", .filesystem = "zfs" } } };
	struct json json;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	json_begin(&json, &out);
	json_object(&json);
	storage_write(&json, &storage);
	json_end(&json);
	assert_string_equal(out.data,
		"{\"storage\":[{\"use\":\"data_directory\",\"path\":\"/d\","
		"\"mount_point\":\"/\",\"filesystem\":\"ext4\",\"device\":\"dm-0\","
		"\"disks\":[\"sda\",\"sdb\"],\"total\":100,\"used\":60,\"free\":30,"
		"\"percent\":66.7},{\"use\":\"pg_wal\",\"path\":\"/w\","
		"\"mount_point\":null,\"filesystem\":\"zfs\",\"device\":null,"
		"\"disks\":[],\"total\":null,\"used\":null,\"free\":null,"
		"\"percent\":null}]}");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_path_is_cut_at_its_patterns),
		cmocka_unit_test(a_clusters_directories_are_found_as_far_as_rights_go),
		cmocka_unit_test(what_is_not_known_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
