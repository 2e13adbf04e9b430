#!/bin/sh
# Boots a copy of a Debian in memory and runs tests/units in it: sh tests/units/boot.sh ROOT PACKAGE
# ROOT is made where it is not there. Skips, and says so, where systemd-nspawn can't run. The copy has a network of its own with nothing
# but the loopback address.
set -eu

root=$1 package=$2
tests=$(realpath "$(dirname "$0")/..")

skip() {
	echo "units: skipped: $1" >&2
	exit 0
}

# nspawn OPTION...: within a quarter of an hour.
nspawn() {
	timeout --kill-after=30 900 systemd-nspawn --quiet --register=no --keep-unit \
		--private-network --machine=check-units --directory="$root" --volatile=overlay "$@"
}

[ "$(id -u)" = 0 ] || skip "booting a machine needs root"
[ -d "$root" ] || sh "$tests/units/root.sh" "$root"
why=$(nspawn --pipe true 2>&1) || skip "systemd-nspawn can't run here: $why"

result=$(dirname "$(realpath "$root")")/result
rm -rf "$result"
mkdir -p "$result"
: >"$result/output"
tail -f -n +1 "$result/output" &
tail=$!
trap 'kill $tail 2>/dev/null || true' EXIT
nspawn --boot --bind-ro="$tests:/tests" --bind-ro="$(realpath "$package"):/package.deb" \
	--bind="$result:/result" \
	--bind-ro="$tests/units/check-units.service:/etc/systemd/system/check-units.service" \
	systemd.wants=check-units.service </dev/null >"$result/console" 2>&1 || true
sleep 1
[ "$(cat "$result/status" 2>/dev/null)" = "exited 0" ] || {
	echo "units: failed; output, journal and console are in $result" >&2
	exit 1
}
