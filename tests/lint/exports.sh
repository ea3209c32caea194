#!/bin/sh
#
# Nothing is exported for tests alone: what an object of the program defines
# for others is asked for by another object of the program.  What only its own
# file needs is static, and what nobody needs goes; its tests ask by way of
# what the program calls.  A statement is used by its function or its number,
# so one that nobody runs is found, too.
#
# usage: exports.sh [TOP]	$builddir: where the objects are
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
builddir=${builddir:-$top/build/make}
cd "$builddir" || exit 2

# Excused, each with its reason.
excused='
ptn_mime_put_body	has vectors of its own: what folds where
ptn_mime_put_text	the same
ptn_totp_code		the part of an authenticator app, for tests of the rest
'

# A build folder may hold objects of sources that have gone.
objects=$(find lib fcgi -name '*.o' | LC_ALL=C sort | while read -r object; do
	source=$(echo "${object%.o}.c" | sed 's#/postern_\(smtp\|fetch\|hook\)-#/#')
	[ ! -e "$top/$source" ] && [ ! -e "$source" ] || echo "$object"
done)
if [ -z "$objects" ]; then
	echo "exports.sh: no objects in $builddir" >&2
	exit 1
fi

by_number=$(cd "$top" && find lib fcgi -name '*.c' |
    xargs sed -n 's/.*PTN_STMT_\([A-Z_0-9]*\).*/ptn_sql_\1/p' |
    tr '[:upper:]' '[:lower:]')

# shellcheck disable=SC2086
nm -A $objects | awk -v excused="$excused" -v by_number="$by_number" '
	BEGIN {
		n = split(excused, line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, /[ \t]+/) > 1)
				excuse[word[1]] = 1
		n = split(by_number, word, "\n")
		for (i = 1; i <= n; i++)
			asked[word[i]] = 1
	}
	{ split($1, part, ":"); sub(/\.o$/, "", part[1]) }
	$(NF - 1) ~ /^[TDBRV]$/ { home[$NF] = part[1] }
	$(NF - 1) == "U" { asked[$NF] = 1 }
	END {
		for (name in home) {
			if (name !~ /^ptn_/ || name in asked)
				continue
			if (!(name in excuse)) {
				print home[name] ".c: nobody else uses " name
				failed = 1
			}
			delete excuse[name]
		}
		for (name in excuse) {
			print name " is excused, but used or gone"
			failed = 1
		}
		exit failed
	}' | LC_ALL=C sort | sed 's/^/exports.sh: /' | grep . >&2 && exit 1
exit 0
