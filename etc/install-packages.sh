#!/bin/sh
# usage: install-packages.sh [--names] PACKAGE...
# Install those Debian packages that are missing, without starting the
# services that come with them.  Does nothing when all are there.  "build"
# stands for all that building Postern needs, "package" for what "sh etc/package
# deb" needs; --names only says which they are.
set -eu

build="gcc libc6-dev make autoconf automake pkg-config libfcgi-dev
    libjson-c-dev libargon2-dev libssl-dev libcbor-dev libmariadb-dev
    libyaml-dev libidn2-dev libunistring-dev libcrypt-dev
    libqrencode-dev libpng-dev
    libcurl4-openssl-dev"
package="$build dpkg-dev build-essential debhelper dh-apparmor mandoc"

names=
[ "${1:-}" != --names ] || { names=1 && shift; }
all=
for name in "$@"; do
	case $name in
	build) all="$all $build" ;;
	package) all="$all $package" ;;
	*) all="$all $name" ;;
	esac
done
# shellcheck disable=SC2086
set -- $all
[ -z "$names" ] || { printf '%s\n' "$@" && exit 0; }

# One question about all: there may be many, and each start takes a while.
known=$(dpkg-query -W -f '${Package}=${db:Status-Status} ' "$@" 2>/dev/null) || :
missing=
for package in "$@"; do
	case " $known" in
	*" $package=installed "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "neither root nor sudo; as root: apt-get install$missing" >&2
		exit 1
	}
	exec sudo sh "$0" "$@"
fi

# Nobody asked for a web server on port 80.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 0755 $policy
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086
if ! { apt-get -q update && apt-get -qy install --no-install-recommends \
    $missing; } >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
