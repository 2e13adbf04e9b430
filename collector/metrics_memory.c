#include "metrics.h"

#include <stdlib.h>
#include <string.h>

/* The value of a line "Name:   123 kB" in bytes. */
static bool line_bytes(const char *text, const char *name, uint64_t *ret)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == ':') {
			*ret = strtoull(line + len + 1, NULL, 10) * 1024;
			return true;
		}
	}
	return false;
}

static double percent_of(uint64_t part, uint64_t total)
{
	return total > 0 ? (double)part / (double)total * 100 : 0;
}

bool memory_read(const char *proc_meminfo, struct memory_metrics *ret)
{
	struct memory_metrics m = { 0 };
	uint64_t cached = 0, reclaimable = 0, unused = 0;

	if (!line_bytes(proc_meminfo, "MemTotal", &m.total) ||
		!line_bytes(proc_meminfo, "MemFree", &unused))
		return false;
	line_bytes(proc_meminfo, "Buffers", &m.buffers);
	line_bytes(proc_meminfo, "Cached", &cached);
	line_bytes(proc_meminfo, "SReclaimable", &reclaimable);
	m.cached = cached + reclaimable;
	if (!line_bytes(proc_meminfo, "MemAvailable", &m.available))
		m.available = unused + cached;
	if (m.available > m.total)
		m.available = unused; /* inside a container the numbers may not fit */
	m.used = m.total - m.available;
	m.percent = percent_of(m.used, m.total);
	line_bytes(proc_meminfo, "SwapTotal", &m.swap_total);
	line_bytes(proc_meminfo, "SwapFree", &m.swap_free);
	m.swap_used = m.swap_total > m.swap_free ? m.swap_total - m.swap_free : 0;
	m.swap_percent = percent_of(m.swap_used, m.swap_total);
	*ret = m;
	return true;
}
