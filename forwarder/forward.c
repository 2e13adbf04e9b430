#include "forward.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "signals.h"
#include "state.h"

#define FINISH_WITHIN_S 7.0 /* for requests in flight after SIGTERM */
#define RELOAD_WITHIN_S 5.0 /* after SIGHUP, whatever is in flight */
#define COUNT_AFTER_S 1.0   /* the first count: sending comes first */
#define COUNT_WITHIN_S 0.5  /* for the last count after SIGTERM */
#define SCAN_EACH_S 10.0    /* a look at new/ though inotify said nothing */
#define SCAN_BLIND_S 1.0    /* the same where inotify is not to be had */
#define SCAN_SHARE 20       /* a look that took t is not repeated within so many t */
#define PASSED_FOR_S 60.0   /* a file that can't be read is not tried again within */

static void watch_new(struct forward *forward)
{
	forward->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (forward->inotify_fd >= 0) {
		char path[4096];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", forward->spool->new_fd);
		if (inotify_add_watch(
			    forward->inotify_fd, path, IN_MOVED_TO | IN_CLOSE_WRITE) >= 0)
			return;
		close(forward->inotify_fd);
		forward->inotify_fd = -1;
	}
	log_line(LOG_DEBUG, "inotify: %s; looking each second", strerror(errno));
}

static void take_events(struct forward *forward)
{
	char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	while ((n = read(forward->inotify_fd, events, sizeof(events))) > 0) {
		for (char *at = events; at < events + n;) {
			const struct inotify_event *event = (const void *)at;

			at += sizeof(*event) + event->len;
			if (event->mask & IN_Q_OVERFLOW)
				forward->scan = true;
			else if (event->len > 0 && spool_name_is_valid(event->name) &&
				 !forward_is_skipped(forward, event->name))
				queue_put(&forward->queue, event->name);
		}
	}
}

static bool is_not_offered(void *context, const char *name)
{
	const struct forward *forward = context;

	return strcmp(name, forward->passed) <= 0 || forward_is_skipped(context, name);
}

/* new/ can't be listed: once more soon, but not in a loop that does nothing else. */
static void put_off_scan(struct forward *forward, const struct err *why)
{
	log_line(forward->list_failed ? LOG_DEBUG : LOG_WARNING, "%s", why->msg);
	forward->list_failed = true;
	forward->unread_any = true;
	forward->scan = !forward->once;
	forward->queue.more = false;
	forward->earliest_scan = clock_s() + SCAN_BLIND_S;
}

/* The first is told when it is met; how many only when they could not be read once more. */
static void tell_unread(struct forward *forward)
{
	if (forward->unread == 0 && forward->unread_told > 0) {
		log_line(LOG_NOTICE, "all payloads in %s/new can be read again",
			forward->spool->path);
		forward->unread_told = 0;
	} else if (forward->unread_before > 0 && forward->unread > forward->unread_told) {
		log_line(LOG_WARNING, "%u payloads in %s/new can't be read",
			forward->unread, forward->spool->path);
		forward->unread_told = forward->unread;
	}
	forward->unread_before = forward->unread;
	forward->unread = 0;
}

static void scan(struct forward *forward, double now)
{
	struct err err;
	double took_s;

	forward->scan = false;
	forward->next_scan =
		now + (forward->inotify_fd >= 0 ? SCAN_EACH_S : SCAN_BLIND_S);
	if (now >= forward->forget_passed) {
		tell_unread(forward);
		forward->passed[0] = '\0';
		forward->forget_passed = now + PASSED_FOR_S;
	}
	forward_retry_leftovers(forward);
	if (queue_fill(&forward->queue, forward->spool->new_fd, is_not_offered, forward,
		    &err) < 0) {
		put_off_scan(forward, &err);
		return;
	}
	forward->list_failed = false;
	took_s = clock_s() - now;
	forward->earliest_scan = now + 2 * took_s;
	forward->next_scan = fmax(forward->next_scan, now + SCAN_SHARE * took_s);
}

static bool scan_is_due(const struct forward *forward, double now)
{
	return (forward->scan && now >= forward->earliest_scan) ||
	       now >= forward->next_scan;
}

/* --once sends what is there now, not what writers add meanwhile. */
static int find_fence(struct forward *forward, struct err *err)
{
	DIR *dir = spool_list(forward->spool->new_fd);
	struct dirent *entry;
	int failed;

	if (!dir)
		return err_errno(err, ERR_RETRY, "list %s/new", forward->spool->path);
	while ((errno = 0, entry = readdir(dir)))
		if (spool_name_is_valid(entry->d_name) &&
			strcmp(entry->d_name, forward->fence) > 0)
			strcpy(forward->fence, entry->d_name);
	failed = errno;
	closedir(dir);
	errno = failed;
	return failed ? err_errno(err, ERR_RETRY, "list %s/new", forward->spool->path)
		      : 0;
}

static void load_state(struct forward *forward, const struct state_file *file)
{
	if (file->previous)
		log_line(LOG_WARNING,
			"state/%s.json was unreadable; using the one before",
			FORWARD_PROGRAM);
	if (file->lost)
		log_line(LOG_WARNING, "state/%s.json is lost: its counters begin anew",
			FORWARD_PROGRAM);
	forward_restore(forward, file->root);
}

static int set_up(struct forward *forward, struct err *err)
{
	struct state_file file;

	if (forward_open_http(forward, err) < 0 || queue_init(&forward->queue, err) < 0 ||
		body_loader_init(&forward->loader, err) < 0 ||
		state_load(forward->spool, FORWARD_PROGRAM, true, &file, err) < 0)
		return -1;
	for (size_t i = 0; i < FORWARD_IN_FLIGHT_MAX; i++)
		body_init(&forward->requests[i].body);
	breaker_init(&forward->breaker, (unsigned)forward->config->breaker_fail_max,
		forward->config->breaker_timeout_s);
	load_state(forward, &file);
	json_read_release(file.root);
	if (forward->once && find_fence(forward, err) < 0)
		return -1;
	watch_new(forward);
	forward->scan = true;
	forward->next_census = clock_s() + COUNT_AFTER_S;
	forward->watchdog_s = notify_watchdog_s();
	return 0;
}

static void tear_down(struct forward *forward)
{
	http_close(forward->http);
	for (size_t i = 0; i < FORWARD_IN_FLIGHT_MAX; i++)
		body_release(&forward->requests[i].body);
	body_loader_release(&forward->loader);
	queue_release(&forward->queue);
	eviction_release(&forward->eviction);
	spool_census_end(&forward->census);
	leftovers_release(&forward->leftovers);
	if (forward->inotify_fd >= 0)
		close(forward->inotify_fd);
}

/* SIGTERM: what is in flight may end, nothing new begins. */
static bool is_finished(struct forward *forward, double now)
{
	if (forward->stop) {
		if (forward->stop_at == 0) {
			forward->stop_at = now + FINISH_WITHIN_S;
			notify_send("STOPPING=1");
		}
		return forward->in_flight == 0 || now >= forward->stop_at;
	}
	if (!forward->once || forward->in_flight > 0)
		return false;
	if (forward->breaker.state == BREAKER_OPEN || forward->wait_too_long ||
		forward->leftovers.count >= LEFTOVERS_MAX)
		return true;
	return forward->queue.count == 0 && !forward->queue.more && !forward->scan &&
	       !forward->counting && !eviction_is_active(&forward->eviction);
}

static double wait_s(struct forward *forward, double now)
{
	double wait = fmin(
		forward_send_wait_s(forward, now), forward_keep_up_wait_s(forward, now));

	wait = fmin(wait, fmax(forward->next_scan - now, 0));
	if (forward->scan)
		wait = fmin(wait, fmax(forward->earliest_scan - now, 0));
	if (forward->reload_at > 0)
		wait = fmin(wait, fmax(forward->reload_at - now, 0));
	if (forward->stop_at > 0)
		wait = fmin(wait, fmax(forward->stop_at - now, 0));
	return wait;
}

/* Requests in flight may end first, but a listener that hangs must not hold it up. */
static bool reload_is_due(struct forward *forward, double now)
{
	if (!forward->reload)
		return false;
	if (forward->reload_at == 0)
		forward->reload_at = now + RELOAD_WITHIN_S;
	return forward->in_flight == 0 || now >= forward->reload_at;
}

static int turn(struct forward *forward, struct err *err)
{
	struct pollfd fds[2] = { { .fd = forward->signal_fd },
		{ .fd = forward->inotify_fd } };
	double now = clock_s();

	if (reload_is_due(forward, now))
		forward_reload(forward);
	if (scan_is_due(forward, now))
		scan(forward, now);
	forward_send(forward, now);
	forward_keep_up(forward, now);
	if (forward->spool_gone)
		return err_set(err, ERR_FATAL, SPOOL_GONE, forward->spool->path);
	if (is_finished(forward, clock_s()))
		return 0;
	if (http_wait(forward->http, fds, forward->inotify_fd >= 0 ? 2 : 1,
		    wait_s(forward, clock_s()), err) < 0)
		return -1;
	if (fds[0].revents)
		signals_take(forward->signal_fd, &forward->stop, &forward->reload);
	if (fds[1].revents)
		take_events(forward);
	forward_receive(forward, clock_s());
	return 1;
}

static int once_result(const struct forward *forward, struct err *err)
{
	if (forward->breaker.state == BREAKER_OPEN)
		return err_set(err, ERR_RETRY,
			"stopped: the breaker is open; the rest waits in the spool");
	if (forward->wait_too_long)
		return err_set(err, ERR_RETRY, "the listener asks to wait for too long");
	if (forward->rejected_any)
		return err_set(err, ERR_RETRY, "payloads were rejected; see %s/rejected",
			forward->spool->path);
	if (forward->unread_any)
		return err_set(err, ERR_RETRY, "payloads in %s/new could not be read",
			forward->spool->path);
	if (forward->state.size.held_bytes > 0)
		return err_set(err, ERR_RETRY,
			"payloads of refused sources are held in %s/new",
			forward->spool->path);
	if (forward->state.degraded[0])
		return err_set(err, ERR_RETRY, "%s", forward->state.degraded);
	return 0;
}

static int loop(struct forward *forward, struct err *err)
{
	int rc;

	log_line(LOG_DEBUG, "at work on spool %s", forward->spool->path);
	forward->sent_before = forward->state.sent_files;
	progress_begin(&forward->progress, forward->once);
	notify_send("READY=1");
	while ((rc = turn(forward, err)) > 0)
		;
	progress_end(&forward->progress);
	forward_abandon(forward);
	forward->state.running = false;
	if (forward->spool_gone)
		return rc;
	forward_retry_leftovers(forward); /* the next process would send them again */
	if (forward_count(forward, forward->stop ? COUNT_WITHIN_S : INFINITY) &&
		forward->once && !forward->stop)
		forward_evict(forward);
	forward_note_breaker(forward, clock_s());
	forward_save(forward, true);
	if (rc == 0 && forward->once && !forward->stop)
		rc = once_result(forward, err);
	return rc;
}

int forward_run(struct config *config, const char *config_path, struct spool *spool,
	bool once, int signal_fd, struct err *err)
{
	struct forward *forward = calloc(1, sizeof(*forward));
	int rc;

	if (!forward)
		return err_set(err, ERR_RETRY, "out of memory");
	forward->config = config;
	forward->config_path = config_path;
	forward->spool = spool;
	forward->once = once;
	forward->compression = (enum compression)config->compression;
	forward->signal_fd = signal_fd;
	forward->inotify_fd = -1;
	rc = set_up(forward, err);
	if (rc == 0)
		rc = loop(forward, err);
	tear_down(forward);
	free(forward);
	return rc;
}
