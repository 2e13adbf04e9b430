/*
 * The kernel's texts: small files of /proc and /sys, and what they have in common.
 *
 *	if (kernel_read(&text, KERNEL_SHORT, "%s/%d/stat", kernel->proc, pid)) …
 *
 * A file that is not there, can't be read or is empty is false, and no error: kernels
 * differ.
 * Formats: proc(5); the kernel's Documentation/filesystems/proc.rst.
 */
#ifndef COLLECTOR_KERNEL_H
#define COLLECTOR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define KERNEL_TEXT_MAX_BYTES ((size_t)4 << 20)
#define KERNEL_SHORT 1 /* what one read(2) gives: at least the first 4 KiB */

/* Where they are mounted: a test has its own. */
struct kernel {
	const char *proc, *sys;
};

extern const struct kernel kernel_here;

/* The file's first max_bytes (and up to 4 KiB more) into text, which is replaced. */
bool kernel_read(struct buf *text, size_t max_bytes, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

/* Where a link points to. False with errno set; ENAMETOOLONG when it does not fit. */
bool kernel_link(char *ret, size_t size, const char *path, ...)
	__attribute__((format(printf, 3, 4)));

/* Pure, on texts. Numbers beyond 64 bits become the largest. */

/* The end of the line that begins here: its newline, or the text's NUL. */
const char *kernel_line_end(const char *line);

/* Up to max numbers between blanks, at most up to end; returns how many there are before
 * anything else. */
int kernel_numbers(const char *text, const char *end, uint64_t *ret, int max);

/* The number on the line that begins with name, then a colon or a blank. */
bool kernel_value(const char *text, const char *name, uint64_t *ret);

/* Part in percent of total, 0 when that is 0. */
double kernel_percent(uint64_t part, uint64_t total);

#endif
