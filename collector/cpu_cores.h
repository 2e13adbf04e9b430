/*
 * How many cores there are: sets of sibling threads, as psutil counts them.
 */
#ifndef COLLECTOR_CPU_CORES_H
#define COLLECTOR_CPU_CORES_H

#include "kernel.h"

/* 0 when the kernel does not tell (some virtual machines and architectures). */
int cpu_cores_count(const struct kernel *kernel, struct buf *text);

#endif
