/*
 * curl_loop [-z] [-a CA_FILE] [-n IN_FLIGHT] DIRECTORY URL: what pg-forward is measured against.
 *
 * The least a program can do with libcurl's multi interface to deliver a spool: lists the
 * directory, reads each file in name order, decompresses it (not with -z: posts the frame as it
 * is), posts it over at most IN_FLIGHT connections with the headers that pg-forward has to send,
 * unlinks it. It checks nothing but that the answer is a success, keeps no state, knows no
 * failures: any of them ends it.
 */
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define IN_FLIGHT_MAX 64

struct slot {
	CURL *easy;
	char *body;
	size_t room;
	const char *name;
	struct curl_slist id; /* precedes the headers that all requests share */
	char id_line[160];
};

static ZSTD_DCtx *decompress;
static bool as_is;
static char *frame;
static size_t frame_room;

static void die(const char *what)
{
	fprintf(stderr, "curl_loop: %s\n", what);
	exit(EXIT_FAILURE);
}

static void reserve(char **buffer, size_t *room, size_t size)
{
	if (size <= *room)
		return;
	*buffer = realloc(*buffer, size);
	if (!*buffer)
		die("out of memory");
	*room = size;
}

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static size_t read_file(int dir_fd, const char *name, char **buffer, size_t *room)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t size;

	if (fd < 0 || fstat(fd, &st) < 0)
		die(name);
	size = (size_t)st.st_size;
	reserve(buffer, room, size);
	if (read(fd, *buffer, size) != (ssize_t)size)
		die(name);
	close(fd);
	return size;
}

static size_t load(int dir_fd, struct slot *slot)
{
	size_t size, content;

	if (as_is)
		return read_file(dir_fd, slot->name, &slot->body, &slot->room);
	size = read_file(dir_fd, slot->name, &frame, &frame_room);
	content = ZSTD_getFrameContentSize(frame, size);
	if (content > (size_t)1 << 30)
		die("no size in the frame");
	reserve(&slot->body, &slot->room, content);
	if (ZSTD_decompressDCtx(decompress, slot->body, content, frame, size) != content)
		die("damaged frame");
	return content;
}

static size_t ignore(char *data, size_t size, size_t count, void *user)
{
	(void)data;
	(void)user;
	return size * count;
}

static void open_slot(struct slot *slot, const char *url, const char *ca_file,
	struct curl_slist *headers)
{
	slot->easy = curl_easy_init();
	if (!slot->easy)
		die("out of memory");
	curl_easy_setopt(slot->easy, CURLOPT_URL, url);
	curl_easy_setopt(slot->easy, CURLOPT_POST, 1L);
	slot->id = (struct curl_slist){ slot->id_line, headers };
	curl_easy_setopt(slot->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(slot->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(slot->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(slot->easy, CURLOPT_USERAGENT, "curl-loop/0.1");
	curl_easy_setopt(slot->easy, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(slot->easy, CURLOPT_PRIVATE, slot);
	if (ca_file)
		curl_easy_setopt(slot->easy, CURLOPT_CAINFO, ca_file);
}

static void post(CURLM *multi, int dir_fd, struct slot *slot, const char *name)
{
	size_t len;

	slot->name = name;
	len = load(dir_fd, slot);
	snprintf(slot->id_line, sizeof(slot->id_line), "Idempotency-Key: 0123456789ab-%s",
		name);
	curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, &slot->id);
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDS, slot->body);
	curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	if (curl_multi_add_handle(multi, slot->easy) != CURLM_OK)
		die("out of memory");
}

static struct slot *finish(CURLM *multi, int dir_fd, const CURLMsg *message)
{
	struct slot *slot;
	long status;

	curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
	curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
	if (message->data.result != CURLE_OK)
		die(curl_easy_strerror(message->data.result));
	if (status < 200 || status > 204)
		die("not a success");
	curl_multi_remove_handle(multi, slot->easy);
	if (unlinkat(dir_fd, slot->name, 0) < 0)
		die("unlink");
	return slot;
}

static void loop(CURLM *multi, int dir_fd, struct slot *slots, int in_flight,
	struct dirent **names, int count)
{
	int next = 0, done = 0, before, running, left;
	CURLMsg *message;

	for (; next < in_flight && next < count; next++)
		post(multi, dir_fd, &slots[next], names[next]->d_name);
	while (done < count) {
		if (curl_multi_perform(multi, &running) != CURLM_OK)
			die("curl_multi_perform");
		before = done;
		while ((message = curl_multi_info_read(multi, &left))) {
			struct slot *slot = finish(multi, dir_fd, message);

			done++;
			if (next < count)
				post(multi, dir_fd, slot, names[next++]->d_name);
		}
		if (done == before)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
}

int main(int argc, char **argv)
{
	struct slot slots[IN_FLIGHT_MAX] = { 0 };
	struct curl_slist *headers = NULL;
	struct dirent **names;
	const char *ca_file = NULL;
	int option, in_flight = 1, count, dir_fd;
	CURLM *multi;

	while ((option = getopt(argc, argv, "za:n:")) != -1) {
		if (option == 'z')
			as_is = true;
		else if (option == 'a')
			ca_file = optarg;
		else if (option == 'n')
			in_flight = atoi(optarg);
	}
	if (argc - optind != 2 || in_flight < 1 || in_flight > IN_FLIGHT_MAX)
		die("usage: curl_loop [-z] [-a CA_FILE] [-n IN_FLIGHT] DIRECTORY URL");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	multi = curl_multi_init();
	decompress = ZSTD_createDCtx();
	if (!multi || !decompress)
		die("out of memory");
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)in_flight);
	headers = curl_slist_append(headers, "Authorization: Bearer bench");
	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	if (as_is)
		headers = curl_slist_append(headers, "Content-Encoding: zstd");
	for (int i = 0; i < in_flight; i++)
		open_slot(&slots[i], argv[optind + 1], ca_file, headers);
	dir_fd = open(argv[optind], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	count = scandir(argv[optind], &names, no_dots, alphasort);
	if (dir_fd < 0 || count < 0)
		die(argv[optind]);
	loop(multi, dir_fd, slots, in_flight, names, count);
	return EXIT_SUCCESS;
}
