#!/bin/sh
#
# Every header stands alone: compiled by itself, twice over, it says nothing.
#
# usage: headers.sh [TOP]	$builddir: where lib/db/sql.h is; $CC
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
builddir=${builddir:-$top/build/make}
builddir=$(cd "$builddir" && pwd) || exit 2
cd "$top" || exit 2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/headers.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

for header in $(find lib fcgi -name '*.h' | LC_ALL=C sort); do
	guard=$(sed -n '1,/^#/s/^#ifndef \([A-Z0-9_]*_H\)$/\1/p' "$header")
	if [ -z "$guard" ]; then
		echo "headers.sh: $header has no guard" >&2
		failed=1
	fi
	printf '#include "%s"\n#include "%s"\ntypedef int ptn_no_unit;\n' \
	    "$header" "$header" >"$tmp/one.c"
	if ! ${CC:-cc} -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Werror \
	    -Wstrict-prototypes -fsyntax-only -iquote "$top" \
	    -iquote "$builddir" "$tmp/one.c" >"$tmp/log" 2>&1; then
		echo "headers.sh: $header does not stand alone" >&2
		sed 10q "$tmp/log" >&2
		failed=1
	fi
done
exit $failed
