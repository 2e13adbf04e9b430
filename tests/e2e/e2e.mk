# End-to-end tests: the real binaries in $(BUILD), real servers, all on the loopback address.
# Debian's own Python: psycopg2 and pytest come as packages. Most tests wait more than they work, so
# that three at a time pay for each processor. Long loops are shorter sanitized; injected faults
# are left to check-faults then.
E2E_PYTHON ?= /usr/bin/python3
E2E_KILLS ?= $(if $(SANITIZE),30,200)
E2E_FILES ?= $(if $(SANITIZE),20000,100000)
E2E_STATUS_STEP ?= $(if $(SANITIZE),7,1)
E2E_WORKERS ?= $(shell echo $$((3 * $$(nproc))))
E2E_PARALLEL ?= $(shell $(E2E_PYTHON) -c 'import xdist' 2>/dev/null && \
	echo '-n $(E2E_WORKERS) --dist loadgroup')

# Each worker reads all the tests: most of that is pytest's rewriting, which is kept.
check-e2e: all ## end-to-end tests: real binaries, real servers
	PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/build/python BUILD=$(BUILD) \
		E2E_KILLS=$(E2E_KILLS) E2E_FILES=$(E2E_FILES) E2E_STATUS_STEP=$(E2E_STATUS_STEP) \
		$(E2E_PYTHON) -m pytest -q -p no:cacheprovider $(E2E_PARALLEL) $(E2E_ARGS) \
		$(if $(SANITIZE),--ignore-glob='*/test_faults_*.py') tests/e2e

# A fault that is also what a feature is about is tested with it.
FAULT_TESTS = $(wildcard tests/e2e/test_faults_*.py) $(patsubst %,tests/e2e/test_%.py, \
	forward_breaker forward_eviction forward_keys forward_kill forward_rejects forward_service \
	forward_tls forward_tools forward_verdicts forward_waits logtail_kill collect_kill)

check-faults: all ## faults injected into the real binaries, in full length
	PYTHONDONTWRITEBYTECODE=1 BUILD=$(BUILD) E2E_LONG=1 \
		$(E2E_PYTHON) -m pytest -q -p no:cacheprovider $(E2E_PARALLEL) $(E2E_ARGS) $(FAULT_TESTS)

# Not part of any check: it takes its time. A seed repeats the choice of faults, not their moments.
SOAK_MINUTES ?= 30
SOAK_SEED ?=

soak: all ## all programs under load and random faults for SOAK_MINUTES, then every payload is counted
	BUILD=$(BUILD) $(E2E_PYTHON) -B tests/soak/soak.py --minutes $(SOAK_MINUTES) \
		$(if $(SOAK_SEED),--seed $(SOAK_SEED))

.PHONY: check-e2e check-faults soak
