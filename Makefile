# GNU make. Objects go to $(BUILD); SANITIZE=address,undefined builds beside the normal tree.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

prefix ?= /usr/local
sbindir ?= $(prefix)/sbin
mandir ?= $(prefix)/share/man

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wundef -Wwrite-strings \
	-Wno-missing-field-initializers -Wno-format-truncation
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
ifneq ($(SANITIZE),)
OPTIMIZE := -O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all
HARDENING := -fPIE
else
OPTIMIZE := -O2 -D_FORTIFY_SOURCE=2
endif
CFLAGS ?= -g
override CFLAGS += -std=c11 -D_GNU_SOURCE $(OPTIMIZE) $(WARNINGS) $(HARDENING) -Ishared
LDFLAGS ?=
override LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE))

# What each directory is compiled and each program is linked with, and nothing more.
cflags_shared := $(shell $(PKG_CONFIG) --cflags libzstd libcjson inih 2>/dev/null)
cflags_collector := $(shell $(PKG_CONFIG) --cflags libpq 2>/dev/null)
cflags_forwarder := $(shell $(PKG_CONFIG) --cflags libcurl zlib 2>/dev/null)
libs_shared := $(shell $(PKG_CONFIG) --libs libzstd libcjson inih 2>/dev/null)
libs_collector := $(shell $(PKG_CONFIG) --libs libpq 2>/dev/null) $(libs_shared) -lm
libs_forwarder := $(shell $(PKG_CONFIG) --libs libcurl zlib 2>/dev/null) $(libs_shared) -lm

PROGRAMS := pg-collect pg-forward
dir_pg-collect := collector
dir_pg-forward := forwarder

sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
shared_lib := $(BUILD)/shared/libshared.a

all: $(addprefix $(BUILD)/,$(PROGRAMS))

$(shared_lib): $(call objects,$(call sources,shared))
	@rm -f $@
	ar rcs $@ $^

define program_rule
$(BUILD)/$(1): $(call objects,$(call sources,$(dir_$(1)))) $(shared_lib)
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(libs_$(dir_$(1)))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(cflags_$(firstword $(subst /, ,$<))) -MMD -MP -c -o $@ $<

clean:
	rm -rf build build-*

.PHONY: all clean

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
