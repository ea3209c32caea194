#!/bin/sh
# usage: template.sh BUILDDIR DIR
#
# Make DIR/instance, a folder as "quickstart --prepare" leaves it, which each
# instance of a test begins with a copy of (instance.mjs), and DIR/fresh for
# the data of with-mariadb.sh.  Nothing to do while all that they depend on is
# as it was.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$1 dir=$2
PATH=$PATH:/usr/sbin:/usr/libexec

key=$(cd "$top" && {
	mariadbd --version
	cat etc/quickstart etc/private-mariadb.sh etc/quickstart.d/yaml.awk \
	    tests/unit/with-mariadb.sh tests/lib/template.sh
	find sql/migrations lib -name '*.sql' -o -name 'migrate.c' \
	    -o -name 'conf.def' | LC_ALL=C sort | xargs cat
} | cksum)
[ "$(cat "$dir/key" 2>/dev/null)" != "$key" ] || exit 0
rm -rf "$dir"
mkdir -p "$dir/instance" "$dir/fresh"
sh "$top/etc/quickstart" --prepare --dir "$dir/instance" --build "$build"
echo "$key" >"$dir/key"
