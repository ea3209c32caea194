#!/bin/sh
# Install what the tests need and this machine lacks: Debian packages, and
# tests/node_modules.  Quick when all is there.
set -eu

tests=$(cd "$(dirname "$0")" && pwd)

packages="gcc libc6-dev make autoconf automake pkg-config libfcgi-dev
    libjson-c-dev libargon2-dev libssl-dev libmariadb-dev libyaml-dev
    libidn2-dev libunistring-dev libcrypt-dev libcurl4-openssl-dev
    libcbor-dev libcmocka-dev libfido2-dev
    mariadb-server-core mariadb-client lighttpd apache2-bin
    libapache2-mod-fcgid nginx-light chromium fonts-dejavu-core php-cli
    php-cgi valgrind mandoc openssl
    procps"
command -v node >/dev/null || packages="$packages nodejs"
command -v npm >/dev/null || packages="$packages npm"

if command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086
	sh "$tests/../etc/install-packages.sh" $packages
fi

# npm ci is slow even when there is nothing to do.
stamp=$tests/node_modules/.postern-lock
if ! cmp -s "$tests/package-lock.json" "$stamp"; then
	(cd "$tests" && npm ci --no-progress --loglevel=error </dev/null)
	cp "$tests/package-lock.json" "$stamp"
fi
