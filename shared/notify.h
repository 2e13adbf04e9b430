/*
 * sd_notify(3) without libsystemd: one datagram to $NOTIFY_SOCKET.
 *
 * Every call does nothing where systemd did not start us.
 */
#ifndef SHARED_NOTIFY_H
#define SHARED_NOTIFY_H

/* message as sd_notify() takes it: "READY=1", "STATUS=…", "WATCHDOG=1", "STOPPING=1". */
void notify_send(const char *message);

/* "RELOADING=1" with the monotonic time that Type=notify-reload wants. Follow it by READY=1. */
void notify_reloading(void);

/* Seconds between two WATCHDOG=1 (half of what systemd allows), 0 when it watches nothing. */
double notify_watchdog_s(void);

#endif
