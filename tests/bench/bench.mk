# Benchmarks: our programs against the least that does the same work, in the same run. They are no
# tests: they print ratios beside their limits and succeed whatever these are.
# BENCH_ARGS: which part (forward, collect), and --rounds N.
BENCH_PYTHON ?= /usr/bin/python3
bench_programs := $(addprefix $(BUILD)/tests/bench/,curl_loop measure)

$(bench_programs): %: %.o
	$(CC) $(LDFLAGS) -o $@ $^ $(libs_forwarder)

bench: all $(bench_programs) ## ratios against psql and a bare libcurl loop (after make deps)
	@BUILD=$(BUILD) PYTHONPATH=tests/e2e $(BENCH_PYTHON) -B tests/bench/bench.py $(BENCH_ARGS)

.PHONY: bench
