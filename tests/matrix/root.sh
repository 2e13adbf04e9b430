#!/bin/sh
# Fetches a PostgreSQL that this Debian does not have: sh tests/matrix/root.sh VERSION DIRECTORY
# The directory gets a /usr of the suite that has it, to be mounted over ours (as_server() in
# tests/e2e/postgres.py); it appears whole or not at all. It comes from the mirror that apt uses
# here and is checked with Debian's own keys.
set -eu

case "${1:-}" in
13) suite=bullseye ;;
17) suite=trixie ;;
18) suite=sid ;;
*)
	echo "usage: sh $0 13|17|18 DIRECTORY" >&2
	exit 64
	;;
esac
wanted="PostgreSQL $1 of Debian $suite"
directory=$2
fresh=$directory.fresh

fail() {
	echo "matrix: $wanted: $1" >&2
	exit 1
}

mirror=$(sh "$(dirname "$0")/../mirror.sh")
[ -n "$mirror" ] || fail "apt knows no mirror of Debian here; does apt-get update help?"

# TMPDIR, because a killed mmdebstrap leaves its tree there.
rm -rf "$fresh"
mkdir -p "$fresh/tmp"
trap 'rm -rf "$fresh"' EXIT
trap 'exit 1' INT TERM

# sid's index is valid for a week only, and a mirror, or a clock, may be behind: an old one will
# do. Its signature is checked all the same. util-linux has setpriv.
echo "matrix: fetching $wanted"
TMPDIR=$(realpath "$fresh/tmp") mmdebstrap --variant=extract \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
	--include="postgresql-$1,libc-bin,tzdata,dash,util-linux" \
	"$suite" "$fresh/root.tar" "$mirror" >"$fresh/log" 2>&1 || {
	tail -n 20 "$fresh/log" >&2
	fail "could not be fetched from $mirror"
}
mkdir "$fresh/root"
tar -x --no-same-owner -C "$fresh/root" -f "$fresh/root.tar" ./usr
[ -x "$fresh/root/usr/lib/postgresql/$1/bin/postgres" ] || fail "has no postgres"
mv -T "$fresh/root" "$directory"
