# Real servers of other versions and kinds. Those which this Debian does not have are fetched once,
# a third of a gigabyte each. MATRIX="17 18" tests these only.
MATRIX ?= 13 15 17 18 standby pgbouncer
matrix_roots := $(patsubst %,build-matrix/root-%,$(filter 13 17 18,$(MATRIX)))

check-matrix: ## pg-collect against SQL on PostgreSQL 13, 15, 17, 18, a standby and PgBouncer
	@sh tests/deps.sh matrix
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(MAKE) --no-print-directory -s run-matrix

run-matrix: $(matrix_roots)
	PYTHONDONTWRITEBYTECODE=1 BUILD=$(BUILD) MATRIX="$(MATRIX)" \
		$(E2E_PYTHON) -m pytest -q -p no:cacheprovider $(E2E_ARGS) tests/matrix

build-matrix/root-%:
	@sh tests/matrix/root.sh $* $@

.PHONY: check-matrix run-matrix
