# Benchmarks: our programs against the least that does the same work, in the same run. They are no
# tests: they print ratios beside their limits and succeed whatever these are.
# BENCH_ARGS: which part (forward, collect, log), and --rounds N.
BENCH_PYTHON ?= /usr/bin/python3
bench_programs := $(addprefix $(BUILD)/tests/bench/,curl_loop measure make_log)

$(BUILD)/tests/bench/make_log: $(BUILD)/tests/bench/log_texts.o

$(bench_programs): %: %.o
	$(CC) $(LDFLAGS) -o $@ $^ $(libs_forwarder)

bench: all $(bench_programs) ## ratios against psql, a bare libcurl loop and zstd (after make deps)
	@BUILD=$(BUILD) PYTHONPATH=tests/e2e $(BENCH_PYTHON) -B tests/bench/bench.py $(BENCH_ARGS)

.PHONY: bench
