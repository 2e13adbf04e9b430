# Unit tests: tests/unit/test_X.c becomes $(BUILD)/tests/unit/test_X, linked with libshared.a and
# with what its first line names, as in
#	/* links: forwarder/breaker.o forwarder/verdict.o */
# or /* links: logtail/logtail.a */, all of that program but its main().
# The libraries of a named directory come with it; words that begin with "-" are flags
# for the linker (-Wl,--wrap=fsync).
unit_sources := $(sort $(wildcard tests/unit/test_*.c))
unit_tests := $(patsubst %.c,$(BUILD)/%,$(unit_sources))
unit_links = $(shell sed -n '1s|^/\* links: \(.*\) \*/$$|\1|p' $(1))
UNIT_PYTHON ?= /usr/bin/python3

cflags_tests := -I. $(shell $(PKG_CONFIG) --cflags cmocka libpq libcurl 2>/dev/null)
unit_libs := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null) $(libs_shared) -lm

define unit_rule
$(BUILD)/$(1): $(BUILD)/$(1).o $(addprefix $(BUILD)/,$(filter-out -%,$(2))) $$(shared_lib)
	$$(CC) $$(LDFLAGS) $(filter -%,$(2)) -o $$@ $$^ \
		$(foreach d,$(sort $(patsubst %/,%,$(dir $(filter-out -%,$(2))))),$$(libs_$(d))) \
		$$(unit_libs)
endef
$(foreach s,$(unit_sources),$(eval $(call unit_rule,$(s:.c=),$(call unit_links,$(s)))))

# Ours behind a pipe, for test_oracles.py to compare with Python's.
$(BUILD)/tests/unit/oracle: $(BUILD)/tests/unit/oracle.o $(shared_lib)
	$(CC) $(LDFLAGS) -o $@ $^ $(libs_shared)

unit-tests: $(unit_tests) $(BUILD)/tests/unit/oracle

check-unit: all unit-tests ## unit tests and the layers
	@BUILD=$(BUILD) sh tests/unit/run $(unit_tests)
	@$(UNIT_PYTHON) -B -m pytest -q -p no:cacheprovider tests/unit

.PHONY: unit-tests check-unit
