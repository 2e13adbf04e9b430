# GNU make. Objects go to $(BUILD); SANITIZE=address,undefined builds beside the normal tree.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man

ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format-14
PYTHON ?= /usr/bin/python3
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wundef -Wwrite-strings \
	-Wno-missing-field-initializers -Wno-format-truncation
ifneq ($(SANITIZE),)
OPTIMIZE := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
HARDENING := -fPIE
else
OPTIMIZE := -O2 -D_FORTIFY_SOURCE=2
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIE \
	$(if $(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),-fcf-protection)
endif
CFLAGS ?= -g
override CFLAGS += -std=c11 -D_GNU_SOURCE $(OPTIMIZE) $(WARNINGS) $(HARDENING) -Ishared
override LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE))

# What each directory is compiled and each program is linked with, and nothing more.
cflags_shared := $(shell $(PKG_CONFIG) --cflags libzstd libcjson inih 2>/dev/null)
cflags_collector := $(shell $(PKG_CONFIG) --cflags libpq 2>/dev/null)
cflags_forwarder := $(shell $(PKG_CONFIG) --cflags libcurl zlib 2>/dev/null)
cflags_logtail := $(shell $(PKG_CONFIG) --cflags zlib 2>/dev/null)
libs_shared := $(shell $(PKG_CONFIG) --libs libzstd libcjson inih 2>/dev/null)
# --as-needed leaves libm out of pg-collect, whose math the compiler knows: 0.4 MiB of its memory.
libs_collector := $(shell $(PKG_CONFIG) --libs libpq 2>/dev/null) $(libs_shared) -lm
libs_forwarder := $(shell $(PKG_CONFIG) --libs libcurl zlib 2>/dev/null) $(libs_shared) -lm
libs_logtail := $(shell $(PKG_CONFIG) --libs zlib 2>/dev/null) $(libs_shared) -lm

# A program is its directory: it is built once it has a main.c.
dir_pg-collect := collector
dir_pg-forward := forwarder
dir_pg-logtail := logtail
PROGRAMS := $(foreach p,pg-collect pg-forward pg-logtail,$(if $(wildcard $(dir_$(p))/main.c),$(p)))
MANUALS := $(wildcard man/*.[0-9])

sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
shared_lib := $(BUILD)/shared/libshared.a

all: $(addprefix $(BUILD)/,$(PROGRAMS)) ## build the programs into $(BUILD)

$(shared_lib): $(call objects,$(call sources,shared))
	@rm -f $@
	ar rcs $@ $^

# All of a program but its main() is an archive, which its tests are linked with.
define program_rule
$(BUILD)/$(dir_$(1))/$(dir_$(1)).a: \
		$(call objects,$(filter-out %/main.c,$(call sources,$(dir_$(1)))))
	@rm -f $$@
	ar rcs $$@ $$^

$(BUILD)/$(1): $(BUILD)/$(dir_$(1))/main.o $(BUILD)/$(dir_$(1))/$(dir_$(1)).a $(shared_lib)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(libs_$(dir_$(1)))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(cflags_$(firstword $(subst /, ,$<))) -MMD -MP -c -o $@ $<

-include systemd/systemd.mk tests/unit/unit.mk tests/e2e/e2e.mk tests/matrix/matrix.mk \
	tests/units/units.mk tests/bench/bench.mk tests/fuzz/fuzz.mk

# Dependencies come first and in a make of their own: pkg-config was asked when this one started.
# The -j of the builds is ours, so that the two commands of the README need no options.
JOBS ?= $(shell nproc)

deps: ## install from Debian what building, the demo and the tests need
	@sh tests/deps.sh check

demo: ## the main job on real servers, with nothing of your own
	@sh tests/deps.sh demo
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@BUILD=$(BUILD) $(PYTHON) -B tests/demo/demo.py

demo-picture: all ## the README's picture of the demo, made of a run; the whole is in $(BUILD)/demo.txt
	@BUILD=$(BUILD) $(PYTHON) -B tests/demo/demo.py >$(BUILD)/demo.txt
	@$(PYTHON) -B tests/demo/picture.py "the web request is findable" <$(BUILD)/demo.txt \
		>tests/demo/demo.svg

check: ## install what is missing, then run all tests, also under the sanitizers
	@sh tests/deps.sh check
	@$(MAKE) --no-print-directory -s -j$(JOBS) all unit-tests
	@$(MAKE) --no-print-directory check-unit
	@$(MAKE) --no-print-directory check-e2e
	@$(MAKE) --no-print-directory check-sanitize

check-sanitize: ## unit and end-to-end tests with address and undefined behaviour sanitizers
	@$(MAKE) --no-print-directory -s -j$(JOBS) SANITIZE=address,undefined all unit-tests
	@$(MAKE) --no-print-directory SANITIZE=address,undefined check-unit check-e2e

install: all install-system ## install programs, manuals, units and what belongs to them, under $(DESTDIR)
	install -d $(DESTDIR)$(sbindir)
	install -m 755 $(addprefix $(BUILD)/,$(PROGRAMS)) $(DESTDIR)$(sbindir)
	for page in $(MANUALS); do \
		install -D -m 644 $$page $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done

uninstall: uninstall-system ## remove what install put there
	rm -f $(addprefix $(DESTDIR)$(sbindir)/,$(PROGRAMS))
	for page in $(MANUALS); do \
		rm -f $(DESTDIR)$(mandir)/man$${page##*.}/$${page##*/}; done

c_files = $(wildcard collector/*.[ch] forwarder/*.[ch] logtail/*.[ch] shared/*.[ch] \
	tests/unit/*.[ch] tests/bench/*.[ch] tests/fuzz/*.[ch])

format: ## let clang-format lay out the C files
	@$(CLANG_FORMAT) -i $(c_files)

format-check: ## fail where format would change something
	@$(CLANG_FORMAT) --dry-run -Werror $(c_files)

lint: ## cppcheck over the programs, mandoc over the manuals, shellcheck over the scripts
	@sh tests/deps.sh lint
	cppcheck --quiet --error-exitcode=1 --std=c11 -D_GNU_SOURCE -Ishared \
		--enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem collector forwarder logtail shared
	mandoc -T lint -W warning $(MANUALS)
	shellcheck --exclude=SC1091 .ci/run systemd/unit systemd/debian/*.p* tests/unit/run \
		tests/*.sh tests/*/*.sh

clean: ## remove everything that was built
	rm -rf build build-*

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: all deps demo demo-picture check check-sanitize install uninstall format format-check lint clean help

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
