#!/bin/sh
#
# No circles: a module (x.c with x.h) that needs another one is needed by it
# neither directly nor by way of others.  What a module needs is what the
# linker would have to find for its object.
#
# usage: circles.sh [TOP]	$builddir: where the objects are
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
builddir=${builddir:-$top/build/make}
cd "$builddir" || exit 2

# A build folder may hold objects of sources that have gone.
objects=$(find lib fcgi -name '*.o' | LC_ALL=C sort | while read -r object; do
	source=${object%.o}.c
	[ ! -e "$top/$source" ] && [ ! -e "$source" ] || echo "$object"
done)
if [ -z "$objects" ]; then
	echo "circles.sh: no objects in $builddir" >&2
	exit 1
fi

# "USER USED" for each symbol that one object defines and another asks for.
# shellcheck disable=SC2086
nm -A $objects | awk '
	{ split($1, part, ":"); sub(/\.o$/, "", part[1]) }
	$(NF - 1) ~ /^[TDBRV]$/ { home[$NF] = part[1] }
	$(NF - 1) == "U" { user[++n] = part[1]; asks[n] = $NF }
	END {
		for (i = 1; i <= n; i++)
			if (asks[i] in home && home[asks[i]] != user[i])
				print user[i], home[asks[i]]
	}' | LC_ALL=C sort -u | tsort 2>&1 >/dev/null |
    sed 's/^tsort: -: /circles.sh: /; s/^tsort: /    /' | grep . >&2 && exit 1
exit 0
