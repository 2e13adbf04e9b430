/* links: collector/mounts.o collector/kernel.o */
#include "unit.h"

#include "collector/mounts.h"

#define MOUNTS                                                                          \
	"22 27 0:21 / /proc rw,relatime - proc proc rw\n"                               \
	"27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard\n"             \
	"30 27 253:3 / /var/lib/postgresql rw shared:2 master:3 - xfs /dev/mapper/a-b " \
	"rw\n"                                                                          \
	"31 27 8:1 /sub/dir /with\\040blank rw - ext4 /dev/sda1 rw\n"                   \
	"32 27 0:40 /@home /home rw - btrfs /dev/sdb2 rw,subvol=/@home\n"               \
	"33 27 0:50 / /mnt/a rw - nfs4 host:/export rw\n"                               \
	"34 27 8:2 / /mnt rw - ext4 /dev/sda2 rw\n"                                     \
	"35 34 8:3 / /mnt rw - ext4 /dev/sda3 rw\n"                                     \
	"36 31 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate\n"               \
	"37 27 8:9 / /odd - ext4\n"                                                     \
	"38 27 8:9 / /odd rw no separator here\n"                                       \
	"39 27 89 / /odd rw - ext4 /dev/x rw\n"                                         \
	"garbage\n"                                                                     \
	"\n"                                                                            \
	"40 27 0:60 / /data rw - zfs tank/pg\\134x rw"

static const struct {
	const char *path, *point, *type, *source; /* point NULL: none */
	unsigned major, minor;
} paths[] = {
	{ "/", "/", "ext4", "/dev/vda1", 254, 1 },
	{ "/var/lib/postgresql", "/var/lib/postgresql", "xfs", "/dev/mapper/a-b", 253,
		3 },
	{ "/var/lib/postgresql/15/main", "/var/lib/postgresql", "xfs", "/dev/mapper/a-b",
		253, 3 },
	{ "/var/lib/postgresqlx", "/", "ext4", "/dev/vda1", 254, 1 },
	{ "/with blank/x", "/with blank", "ext4", "/dev/sda1", 8, 1 },
	{ "/home/pg", "/home", "btrfs", "/dev/sdb2", 0, 40 },
	{ "/mnt/x", "/mnt", "ext4", "/dev/sda3", 8, 3 },
	{ "/mnt/a/x", "/mnt/a", "nfs4", "host:/export", 0, 50 },
	{ "/odd/x", "/", "ext4", "/dev/vda1", 254, 1 },
	{ "/data", "/data", "zfs", "tank/pg\\x", 0, 60 },
	{ "relative", NULL, NULL, NULL, 0, 0 },
	{ "", NULL, NULL, NULL, 0, 0 },
};

static void a_path_lies_on_the_longest_and_last_mount_above_it(void **state)
{
	struct mount mount;

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *path = paths[i].path;

		check(path,
			mount_of_path(MOUNTS, path, &mount) == (paths[i].point != NULL));
		if (!paths[i].point)
			continue;
		check_string(path, mount.point, paths[i].point);
		check_string(path, mount.type, paths[i].type);
		check_string(path, mount.source, paths[i].source);
		check(path,
			mount.major == paths[i].major && mount.minor == paths[i].minor);
	}
	assert_false(mount_of_path("", "/", &mount));
}

static void a_mount_is_found_by_its_device_or_type(void **state)
{
	struct mount mount;

	(void)state;
	assert_true(mount_of_device(MOUNTS, 8, 1, &mount));
	assert_string_equal(mount.root, "/sub/dir");
	assert_false(mount_of_device(MOUNTS, 8, 9, &mount));
	assert_true(mount_of_type(MOUNTS, "cgroup2", &mount));
	assert_string_equal(mount.point, "/sys/fs/cgroup");
	assert_false(mount_of_type(MOUNTS, "cgroup", &mount));
}

static void file_systems_of_other_machines_are_known(void **state)
{
	static const struct {
		const char *type;
		bool remote;
	} types[] = { { "nfs", true }, { "nfs4", true }, { "cifs", true },
		{ "fuse.sshfs", true }, { "fuseblk", true }, { "ext4", false },
		{ "xfs", false }, { "overlay", false }, { "zfs", false } };

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		struct mount mount = { 0 };

		strcpy(mount.type, types[i].type);
		check(types[i].type, mount_is_remote(&mount) == types[i].remote);
	}
}

static void what_is_too_long_is_passed_over(void **state)
{
	static char text[16000], point[3000];
	struct mount mount;

	(void)state;
	memset(point, 'p', sizeof(point) - 1);
	snprintf(text, sizeof(text),
		"1 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		"2 1 8:2 / /%s rw - ext4 /dev/sda2 rw\n"
		"3 1 8:3 / /long rw,%s tag:%s - ext4 /dev/sda3 rw,%s\n",
		point, point, point, point);
	assert_false(mount_of_device(text, 8, 2, &mount));
	assert_true(mount_of_path(text, "/long/x", &mount));
	assert_int_equal(mount.minor, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_lies_on_the_longest_and_last_mount_above_it),
		cmocka_unit_test(a_mount_is_found_by_its_device_or_type),
		cmocka_unit_test(file_systems_of_other_machines_are_known),
		cmocka_unit_test(what_is_too_long_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
