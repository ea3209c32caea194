#!/bin/sh
#
# No holes in tables: an array that is sized by the last value of an enum
# (X__MAX), or indexed by values of such an enum, has a designated row for each
# value of it.  A value named X_UNSET is the zero that is no value, and has none.
#
# usage: tables.sh [TOP]	$builddir: where lib/db/sql.h is; $CC
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
builddir=${builddir:-$top/build/make}
builddir=$(cd "$builddir" && pwd) || exit 2
cd "$top" || exit 2
tmp=$(mktemp -d "${TMPDIR:-/tmp}/tables.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

# A source as the compiler sees it, but for the text of what it includes: only
# lists (*.def) are parts of a table.
flat() {
	sed '/^[ 	]*#[ 	]*include/{/\.def"/!d;}' "$1" |
	    ${CC:-cc} -E -P -D_DEFAULT_SOURCE -iquote "$top" \
	    -iquote "$builddir" -imacros "$tmp/all.c" -
}

find lib fcgi -name '*.h' | LC_ALL=C sort |
    sed 's/.*/#include "&"/' >"$tmp/all.c"
{
	echo '@file headers'
	${CC:-cc} -E -P -D_DEFAULT_SOURCE -iquote "$top" -iquote "$builddir" \
	    "$tmp/all.c" || echo '@failed'
	for file in $(find lib fcgi -name '*.c' | LC_ALL=C sort); do
		echo "@file $file"
		flat "$file" || echo '@failed'
	done
} >"$tmp/text"

awk '
	function complain(what) {
		print "tables.sh: " file ": " what | "cat >&2"
		failed = 1
	}

	# The tokens of a line, behind those before it: words, literals (as one
	# sign), other signs.
	function tokens(s,    t) {
		while (match(s, /[A-Za-z_][A-Za-z_0-9]*|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)*\047|[^ \t\n]/)) {
			t = substr(s, RSTART, RLENGTH)
			s = substr(s, RSTART + RLENGTH)
			token[++total] = t ~ /^["\047]/ ? "@" : t
		}
	}

	# enum [name] { A, B = 2, X__MAX }: from the brace on.  before[X__MAX]
	# are the values in front of it, last[A] is the X__MAX of its enum.
	function enumerate(i,    j, list, first, max) {
		first = i
		for (; token[i] != "}" && i <= total; i++) {
			if (token[i] !~ /^[A-Za-z_]/ ||
			    (token[i - 1] != "{" && token[i - 1] != ","))
				continue
			if (token[i + 1] == "=" && token[i + 2] in before)
				list = before[token[i + 2]] list
			if (token[i] ~ /__MAX$/) {
				max = token[i]
				before[max] = list
			} else {
				list = list " " token[i]
			}
		}
		for (j = first; j < i; j++)
			if (token[j] ~ /^[A-Za-z_]/)
				last[token[j]] = max
		return i
	}

	# name[SIZE] = { ... }: from the brace on.
	function table(i, name, size,    depth, n, word, row, rows, k) {
		split("", row)
		rows = 0
		for (depth = 0; i <= total; i++) {
			if (token[i] == "{")
				depth++
			if (token[i] == "}" && --depth == 0)
				break
			if (depth != 1 || token[i] != "[" ||
			    token[i + 2] != "]" || token[i + 3] != "=")
				continue
			row[token[i + 1]] = 1
			rows++
			if (size == "" && last[token[i + 1]] != "")
				size = last[token[i + 1]]
		}
		if (!(size in before) || (rows == 0 && zero))
			return i
		n = split(before[size], word, " ")
		for (k = 1; k <= n; k++)
			if (word[k] !~ /_UNSET$/ && !(word[k] in row))
				complain(name "[" size "] has no row for " \
				    word[k])
		tables++
		return i
	}

	# name[SIZE] = {, or (*name[SIZE])(...) = {: from the sign on.  A lone
	# zero between the braces makes no table.
	function declared(i,    j, size) {
		zero = (token[i + 2] == "0" && token[i + 3] == "}") ||
		    (token[i + 2] == "(" && token[i + 9] == "}") # NULL
		for (j = i - 1; j > 0 && token[j] !~ /^[;{}]$/; j--)
			if (token[j] == "[" && token[j - 1] ~ /^[A-Za-z_]/)
				break
		if (token[j] != "[" || token[i - 1] !~ /^[])]$/)
			return i
		size = token[j + 1] == "]" ? "" : token[j + 1]
		return table(i + 1, token[j - 1], size)
	}

	function read_all(    i) {
		for (i = 1; i <= total; i++) {
			if (token[i] == "enum" && token[i + 1] == "{")
				i = enumerate(i + 1)
			else if (token[i] == "enum" && token[i + 2] == "{")
				i = enumerate(i + 2)
			else if (token[i] == "=" && token[i + 1] == "{")
				i = declared(i)
		}
		split("", token)
		total = 0
	}

	/^@file / {
		read_all()
		file = $2
		next
	}
	/^@failed/ { complain("cannot be preprocessed"); next }
	{ tokens($0) }
	END {
		read_all()
		if (tables == 0)
			complain("no tables found")
		exit failed
	}
' "$tmp/text"
