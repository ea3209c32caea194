#!/bin/sh
#
# What a finished tree does not hold: notes to oneself, absolute paths of
# somebody's home, papers that are not in it, and a package registry's host in
# the lock file.
#
# usage: leftovers.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2
failed=0

files() {
	find lib fcgi sql etc tests -type f -not -path '*/node_modules/*' \
	    -not -path '*/corpus/*' -not -path '*/vectors/*' \
	    -not -name leftovers.sh
	ls README NEWS Makefile.am configure.ac autogen.sh .ci/run 2>/dev/null
}

found=$(files | xargs grep -nE '\b(TODO|FIXME|XXX)\b' |
    grep -v 'mktemp\|XXXXXX')
[ -z "$found" ] || {
	echo "leftovers.sh: notes to oneself:
$found" >&2
	failed=1
}
found=$(files | xargs grep -nE '(/home/[a-z]|/root/|/Users/)')
[ -z "$found" ] || {
	echo "leftovers.sh: somebody's home:
$found" >&2
	failed=1
}
papers='hanko-(public|flow|admin)|dfns-auth|design\.md|\b[Ss]pecification,? [0-9]'
found=$(files | xargs grep -nE "$papers")
[ -z "$found" ] || {
	echo "leftovers.sh: papers that are not here:
$found" >&2
	failed=1
}
if grep -n '"resolved"' tests/package-lock.json >&2; then
	echo "leftovers.sh: the lock file names a registry" >&2
	failed=1
fi
exit $failed
