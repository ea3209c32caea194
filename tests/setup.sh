#!/bin/sh
# usage: tests/setup.sh [--packages] [PART[/NAME]]...
#
# Install what the tests need and this machine lacks: Debian packages, and
# tests/node_modules.  Of all parts, or of those named as tests/run names them.
# Quick when all is there.  With --packages only name the packages.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)

packages_of() {
	case $1 in
	build) echo gcc libc6-dev make autoconf automake pkg-config \
	    libfcgi-dev libjson-c-dev libargon2-dev libssl-dev libmariadb-dev \
	    libyaml-dev libidn2-dev libunistring-dev libcrypt-dev \
	    libqrencode-dev libpng-dev \
	    libcurl4-openssl-dev libcbor-dev libcmocka-dev libfido2-dev \
	    mariadb-server-core mariadb-client openssl procps mold ;;
	lint) echo mandoc ;;
	unit) echo systemd apparmor fail2ban ;;
	fuzz) ;;
	http) echo lighttpd apache2-bin libapache2-mod-fcgid nginx-light \
	    php-cli php-cgi ;;
	browser) echo lighttpd apache2-bin chromium fonts-dejavu-core php-cgi ;;
	faults) echo lighttpd apache2-bin libapache2-mod-fcgid valgrind ;;
	*) echo "$1: no such part" >&2 && return 1 ;;
	esac
}

list=
if [ "${1:-}" = --packages ]; then
	list=1
	shift
fi
[ $# -gt 0 ] || set -- lint unit fuzz http browser faults
packages=$(packages_of build)
for part in "$@"; do
	more=$(packages_of "${part%%/*}")
	packages="$packages $more"
done
if [ -n "$list" ]; then
	# shellcheck disable=SC2086
	printf '%s\n' $packages | LC_ALL=C sort -u
	exit
fi

# npm ci is slow even when there is nothing to do.
stamp=$tests/node_modules/.postern-lock
stale=
cmp -s "$tests/package-lock.json" "$stamp" || stale=1
command -v node >/dev/null || packages="$packages nodejs"
[ -z "$stale" ] || command -v npm >/dev/null || packages="$packages npm"

# promtool alone, without the server of 50 MB and its service.  Here, also where
# the system has one: what is here goes along to where there is no network.
needs_promtool() {
	case " $* " in *' http'*) ;; *) return 1 ;; esac
	command -v apt-get >/dev/null &&
	    [ ! -x "$tests/node_modules/.bin/promtool" ]
}

get_promtool() {
	tmp=$(mktemp -d)
	get="apt-get -qq -o APT::Sandbox::User=root download prometheus"
	(cd "$tmp" && { $get || { apt-get -qq update && $get; }; } &&
	    dpkg-deb --fsys-tarfile prometheus_*.deb |
	    tar -xf - ./usr/bin/promtool)
	mv "$tmp/usr/bin/promtool" "$tests/node_modules/.bin/promtool"
	rm -rf "$tmp"
}

if command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086
	sh "$tests/../etc/install-packages.sh" $packages
fi

[ -z "$stale" ] || {
	(cd "$tests" && npm ci --no-progress --loglevel=error </dev/null)
	cp "$tests/package-lock.json" "$stamp"
}

if needs_promtool "$@"; then
	get_promtool
fi
