#!/bin/sh
#
# Functions have at most 80 lines, and lines at most 80 columns: 100 with a
# string in them, which is not to be broken, 160 where a table is laid out (a
# *.def, or between "clang-format off" and "on").  But for tests, files have
# fewer than 600 lines, and functions nest at most three levels deep.
#
# Lines of text in manual pages have at most 80 columns, too; a macro cannot be
# broken, and has 120.
#
# usage: length.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2

# KNF: a function's name begins its line, its braces stand in column one.
find lib fcgi tests -name '*.[ch]' -not -path '*/node_modules/*' |
    LC_ALL=C sort | xargs awk '
	function complain(what) {
		print "length.sh: " FILENAME ":" FNR ": " what
		failed = 1
	}
	function columns(s,    i, n, c) {
		for (i = 1; i <= length(s); i++) {
			c = substr(s, i, 1)
			# Bytes that continue a UTF-8 character have no width.
			if (c == "\t")
				n += 8 - n % 8
			else if (c < "\200" || c > "\277")
				n++
		}
		return n
	}
	FNR == 1 { inside = 0; table = 0; name = "" }
	FNR == 600 && FILENAME !~ /^tests/ { complain("600 lines and more") }
	/clang-format off/ { table = 1 }
	/clang-format on/ { table = 0 }
	{ limit = table || FILENAME ~ /\.def$/ ? 160 : /"/ ? 100 : 80 }
	columns($0) > limit { complain("a line of " columns($0) " columns") }
	/^[a-zA-Z_][a-zA-Z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
	/^\{/ { inside = 1; begin = FNR }
	# Three levels of blocks are four tabs before the statement.
	inside && /^\t\t\t\t\t*(if|for|while|switch|do)[ ({]/ &&
	    /\{$/ && FILENAME !~ /^tests/ {
		complain(name "() nests deeper than three levels")
	}
	/^\}/ && inside {
		if (FNR - begin - 1 > 80)
			complain(name "() has " FNR - begin - 1 " lines")
		inside = 0
	}
	END { exit failed }
' >&2
code=$?

find lib fcgi etc sql -name '*.[1-9]' | LC_ALL=C sort | xargs awk '
	length($0) > (/^\./ ? 120 : 80) {
		print "length.sh: " FILENAME ":" FNR ": a line of " \
		    length($0) " columns"
		failed = 1
	}
	END { exit failed }
' >&2 || code=1
exit $code
