#!/bin/sh
# Makes a Debian that boots, with PostgreSQL 15 and what tests/units needs, but without the agent:
#	sh tests/units/root.sh DIRECTORY
# It appears whole or not at all. It comes from the mirror that apt uses here.
set -eu

directory=$1
fresh=$directory.fresh
mirror=$(sh "$(dirname "$0")/../mirror.sh")
[ -n "$mirror" ] || {
	echo "units: apt knows no mirror of Debian here; does apt-get update help?" >&2
	exit 1
}

# TMPDIR, because a killed mmdebstrap leaves its tree there.
rm -rf "$fresh"
mkdir -p "$fresh/tmp"
trap 'rm -rf "$fresh"' EXIT
trap 'exit 1' INT TERM

echo "units: fetching a Debian with PostgreSQL 15, half a gigabyte"
TMPDIR=$(realpath "$fresh/tmp") mmdebstrap --variant=minbase --mode=root \
	--include="systemd-sysv,dbus,postgresql-15,logrotate,openssl,zstd,procps,python3-pytest,python3-psycopg2,libcjson1,libcurl4,libinih1,libpq5,libzstd1,zlib1g" \
	bookworm "$fresh/root" "$mirror" >"$fresh/log" 2>&1 || {
	tail -n 20 "$fresh/log" >&2
	echo "units: could not be fetched from $mirror" >&2
	exit 1
}
mv -T "$fresh/root" "$directory"
