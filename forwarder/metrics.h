/*
 * The state as a file for node_exporter's textfile collector (text exposition format 0.0.4).
 */
#ifndef FORWARDER_METRICS_H
#define FORWARDER_METRICS_H

#include "buf.h"
#include "err.h"
#include "forward_state.h"

/* The whole file, appended to out. Pure. */
void metrics_format(const struct forward_state *state, struct buf *out);

/* Replaces path atomically by the metrics, readable by everybody (0644). */
int metrics_write(const struct forward_state *state, const char *path, struct err *err);

#endif
