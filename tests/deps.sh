#!/bin/sh
# Installs from Debian what is missing: sh tests/deps.sh build|demo|check|lint|matrix|deb|units
# Says what it does; does nothing where nothing is missing. Services that come along with the
# packages (nginx, a PostgreSQL cluster) are not started.
set -eu

build="gcc make pkg-config libc6-dev libpq-dev libcurl4-openssl-dev libzstd-dev libinih-dev
	libcjson-dev zlib1g-dev"
demo="postgresql-15 zstd jq openssl python3 python3-psycopg2 util-linux"
check="mount e2fsprogs strace logrotate libcmocka-dev python3-pytest python3-pytest-xdist
	python3-psutil nginx-light systemd bash-completion"
matrix="mmdebstrap pgbouncer"
deb="build-essential debhelper lintian"
units="mmdebstrap systemd-container"
lint="clang-format-14 clang libclang-rt-14-dev cppcheck mandoc shellcheck"

case "${1:-check}" in
build) wanted="$build" ;;
demo) wanted="$build $demo" ;;
check) wanted="$build $demo $check" ;;
lint) wanted="$build $demo $check $lint" ;;
matrix) wanted="$build $demo $check $matrix" ;;
deb) wanted="$build $deb" ;;
units) wanted="$build $deb $units" ;;
*)
	echo "usage: sh $0 build|demo|check|lint|matrix|deb|units" >&2
	exit 64
	;;
esac

missing=
for package in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo "deps: everything is installed"
	exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	command -v sudo >/dev/null || {
		echo "deps: not root and no sudo here; as root: apt-get install$missing" >&2
		exit 1
	}
fi

# Debian's own way to keep a package's services from starting (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap '$sudo rm -f "$policy"' EXIT
	trap 'exit 1' INT TERM
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
	$sudo chmod 755 "$policy"
fi

echo "deps: ${sudo:+with sudo: }apt-get install$missing"
log=$(mktemp)
# shellcheck disable=SC2086 # each word is a package
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "deps: apt-get failed; its output is in $log" >&2
	exit 1
fi
rm -f "$log"
echo "deps: done"
