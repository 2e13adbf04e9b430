#include "metrics.h"

#include "kernel.h"

/* Zero stands for "unknown" in some containers; psutil estimates then, too. */
bool memory_tells_available(const char *proc_meminfo)
{
	uint64_t kb;

	return kernel_value(proc_meminfo, "MemAvailable", &kb) && kb > 0;
}

uint64_t zoneinfo_low_pages(const char *proc_zoneinfo)
{
	uint64_t sum = 0, pages;

	for (const char *line = proc_zoneinfo; *line;) {
		const char *end = kernel_line_end(line), *at = line;

		while (*at == ' ')
			at++;
		if (at[0] == 'l' && at[1] == 'o' && at[2] == 'w' && at[3] == ' ' &&
			kernel_numbers(at + 3, end, &pages, 1) == 1)
			sum += pages;
		line = *end ? end + 1 : end;
	}
	return sum;
}

static uint64_t bytes_of(const char *text, const char *name)
{
	uint64_t kb = 0;

	kernel_value(text, name, &kb);
	return kb * 1024;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* As the kernel itself does it (si_mem_available()). */
static uint64_t estimate(const char *text, uint64_t unused, uint64_t low)
{
	uint64_t files =
		bytes_of(text, "Active(file)") + bytes_of(text, "Inactive(file)");
	uint64_t slab = bytes_of(text, "SReclaimable");

	files -= smaller(files / 2, low);
	slab -= smaller(slab / 2, low);
	return less(unused + files + slab, low);
}

bool memory_read(const char *proc_meminfo, uint64_t low_bytes, struct memory_metrics *ret)
{
	struct memory_metrics m = { 0 };
	uint64_t kb, unused;

	if (!kernel_value(proc_meminfo, "MemTotal", &kb))
		return false;
	m.total = kb * 1024;
	if (!kernel_value(proc_meminfo, "MemFree", &kb))
		return false;
	unused = kb * 1024;
	m.buffers = bytes_of(proc_meminfo, "Buffers");
	if (kernel_value(proc_meminfo, "Cached", &kb))
		m.cached = kb * 1024 + bytes_of(proc_meminfo, "SReclaimable");
	if (memory_tells_available(proc_meminfo))
		m.available = bytes_of(proc_meminfo, "MemAvailable");
	else if (low_bytes != MEMORY_LOW_UNKNOWN &&
		 kernel_value(proc_meminfo, "Active(file)", &kb))
		m.available = estimate(proc_meminfo, unused, low_bytes);
	else
		m.available = unused + bytes_of(proc_meminfo, "Cached");
	if (m.available > m.total) /* inside a container the numbers may not fit */
		m.available = smaller(unused, m.total);
	m.used = m.total - m.available;
	m.percent = kernel_percent(m.used, m.total);
	m.swap_total = bytes_of(proc_meminfo, "SwapTotal");
	m.swap_free = bytes_of(proc_meminfo, "SwapFree");
	m.swap_used = less(m.swap_total, m.swap_free);
	m.swap_percent = kernel_percent(m.swap_used, m.swap_total);
	*ret = m;
	return true;
}
