#!/bin/sh
# usage: install-packages.sh PACKAGE...
# Install those Debian packages that are missing, without starting the
# services that come with them.  Does nothing when all are there.
set -eu

installed() {
	dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null |
	    grep -q '^installed$'
}

missing=
for package in "$@"; do
	installed "$package" || missing="$missing $package"
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
