# Fuzzing with clang's libFuzzer: tests/fuzz/fuzz_X.c, each for FUZZ_SECONDS. What it learns stays in
# $(BUILD)/fuzz/corpus/X; an input that breaks something is left in $(BUILD)/fuzz/ and named.
# A target is linked with all of shared/ and with what its first line names, as in
#	/* links: logtail/logtail.a */
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 20
fuzz_flags := -g -O1 -std=c11 -D_GNU_SOURCE -Ishared -I. -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
fuzz_sources := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzz_names := $(patsubst tests/fuzz/fuzz_%.c,%,$(fuzz_sources))
fuzz_shared := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(call sources,shared))
fuzz_links = $(addprefix $(BUILD)/fuzz/,$(shell sed -n '1s|^/\* links: \(.*\) \*/$$|\1|p' $(1)))

$(BUILD)/fuzz/%.o: %.c tests/fuzz/fuzz.mk
	@mkdir -p $(@D)
	$(FUZZ_CC) $(fuzz_flags) $(cflags_$(firstword $(subst /, ,$<))) \
		-fsanitize=fuzzer-no-link,address,undefined -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/logtail/logtail.a: $(patsubst %.c,$(BUILD)/fuzz/%.o,\
		$(filter-out %/main.c,$(call sources,logtail)))
	@rm -f $@
	ar rcs $@ $^

define fuzz_rule
$(BUILD)/fuzz/fuzz_$(1): $(BUILD)/fuzz/tests/fuzz/fuzz_$(1).o \
		$(call fuzz_links,tests/fuzz/fuzz_$(1).c) $(fuzz_shared)
	$$(FUZZ_CC) $$(fuzz_flags) -fsanitize=fuzzer,address,undefined -o $$@ $$^ \
		$$(libs_shared) -lz -lm
endef
$(foreach n,$(fuzz_names),$(eval $(call fuzz_rule,$(n))))

fuzz: $(addprefix fuzz-,$(fuzz_names)) ## FUZZ_SECONDS=20 of libFuzzer a target (needs clang: sh tests/deps.sh lint)

$(addprefix fuzz-,$(fuzz_names)): fuzz-%: $(BUILD)/fuzz/fuzz_%
	@mkdir -p $(BUILD)/fuzz/corpus/$*
	@if $(BUILD)/fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=5 \
		-artifact_prefix=$(BUILD)/fuzz/$*- $(wildcard tests/fuzz/$*.dict:%=-dict=%) \
		$(BUILD)/fuzz/corpus/$* $(wildcard tests/fuzz/seeds/$*) \
		>$(BUILD)/fuzz/$*.log 2>&1; \
	then printf 'ok   %-14s %s\n' $* "$$(grep -a '^Done' $(BUILD)/fuzz/$*.log)"; \
	else printf 'FAIL %s\n' $*; tail -n 40 $(BUILD)/fuzz/$*.log; exit 1; fi

.PHONY: fuzz $(addprefix fuzz-,$(fuzz_names))
.SECONDARY: $(fuzz_shared) $(fuzz_names:%=$(BUILD)/fuzz/tests/fuzz/fuzz_%.o)
