# The package in a booted machine. The machine's tree is made once, half a gigabyte.
check-units: ## the package installed in a booted machine: units, sandbox, reload, purge
	@sh tests/deps.sh units
	@$(MAKE) --no-print-directory deb
	@sh tests/units/boot.sh build-units/root $(BUILD)/$(agent)_*.deb

.PHONY: check-units
