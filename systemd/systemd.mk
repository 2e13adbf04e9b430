# What a machine gets besides programs and manuals: units, their user and directories, the
# configuration, the monitoring role, completions; and the Debian package of it all.
sysconfdir ?= /etc
datadir ?= $(prefix)/share
libdir ?= $(prefix)/lib
unitdir ?= $(libdir)/systemd/system

agent := bitville-postgres-agent
unit_sources_in := $(wildcard systemd/*.service.in systemd/*.timer.in systemd/*.target.in)
unit_names := $(patsubst systemd/%.in,%,$(unit_sources_in))
template_of = $(basename $(1))@$(suffix $(1))
all_units := $(unit_names) $(foreach u,$(unit_names),$(call template_of,$(u)))
completiondir = $(datadir)/bash-completion/completions

# The programs' directory stands in the units: they are made when they are installed.
install-system:
	install -d $(DESTDIR)$(unitdir) $(DESTDIR)$(sysconfdir)/bitville
	for unit in $(unit_names); do \
		to=$(DESTDIR)$(unitdir)/; \
		sh systemd/unit systemd/$$unit.in $(sbindir) >$$to$$unit && \
		sh systemd/unit systemd/$$unit.in $(sbindir) template \
			>$$to$${unit%.*}@.$${unit##*.} || exit 1; done
	chmod 644 $(addprefix $(DESTDIR)$(unitdir)/,$(all_units))
	install -D -m 644 systemd/sysusers.conf $(DESTDIR)$(libdir)/sysusers.d/$(agent).conf
	install -D -m 644 systemd/tmpfiles.conf $(DESTDIR)$(libdir)/tmpfiles.d/$(agent).conf
	install -D -m 644 systemd/setup.sql $(DESTDIR)$(datadir)/$(agent)/setup.sql
	install -D -m 644 systemd/bash-completion $(DESTDIR)$(completiondir)/pg-collect
	ln -sf pg-collect $(DESTDIR)$(completiondir)/pg-logtail
	ln -sf pg-collect $(DESTDIR)$(completiondir)/pg-forward
	ini=$(DESTDIR)$(sysconfdir)/bitville/postgres-agent.ini; \
		[ -e $$ini ] || install -m 644 systemd/postgres-agent.ini $$ini

# A configuration that was changed stays.
uninstall-system:
	rm -f $(addprefix $(DESTDIR)$(unitdir)/,$(all_units))
	rm -f $(DESTDIR)$(libdir)/sysusers.d/$(agent).conf $(DESTDIR)$(libdir)/tmpfiles.d/$(agent).conf
	rm -f $(addprefix $(DESTDIR)$(completiondir)/,$(PROGRAMS))
	rm -rf $(DESTDIR)$(datadir)/$(agent)
	ini=$(DESTDIR)$(sysconfdir)/bitville/postgres-agent.ini; \
		if cmp -s systemd/postgres-agent.ini $$ini; then rm -f $$ini; fi

# Built from a copy, as debian/ has to stand at the top of what it packs.
deb_tree := build-deb/$(agent)

deb: ## build the Debian package into $(BUILD)
	@sh tests/deps.sh deb
	@rm -rf build-deb $(BUILD)/$(agent)_*.deb
	@mkdir -p $(deb_tree)
	@cp -R Makefile LICENSE collector forwarder logtail shared man systemd $(deb_tree)
	@mv $(deb_tree)/systemd/debian $(deb_tree)/debian
	@cd $(deb_tree) && env -u MAKEFLAGS -u MAKELEVEL DEB_BUILD_OPTIONS="noautodbgsym parallel=$(JOBS)" \
		dpkg-buildpackage -b -us -uc >../log 2>&1 || { tail -n 30 ../log >&2; exit 1; }
	@mkdir -p $(BUILD)
	@mv build-deb/$(agent)_*.deb $(BUILD)
	lintian --allow-root --fail-on error,warning -EI $(BUILD)/$(agent)_*.deb

.PHONY: install-system uninstall-system deb
