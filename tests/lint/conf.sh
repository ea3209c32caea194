#!/bin/sh
#
# Holds the table of configuration keys against its manual page: every row of
# lib/conf/conf.def is an .It of etc/postern.yaml.5 and the other way round, and
# the line below it says the type and the default of the row.
#
# usage: conf.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
table=$top/lib/conf/conf.def
man=$top/etc/postern.yaml.5

for file in "$table" "$man"; do
	if [ ! -r "$file" ]; then
		echo "conf.sh: $file is missing" >&2
		exit 1
	fi
done

awk '
	function fault(what) {
		print "conf.sh: " what | "cat >&2"
		failed = 1
	}

	BEGIN {
		type["STR"] = "string"; type["SECRET"] = "secret"
		type["BOOL"] = "boolean"; type["INT"] = "integer"
		type["OCTAL"] = "octal"; type["SECONDS"] = "duration"
		type["LIST"] = "list"; type["SECRETS"] = "secrets"
		type["ENUM"] = "word"
	}

	# PTN_CONF_INT (member, "path", "default", ...): the strings of a row.
	FNR == NR && /^PTN_CONF_[A-Z_]+ *\(/ {
		kind = $0
		sub(/^PTN_CONF_/, "", kind)
		sub(/[ (].*/, "", kind)
		n = split($0, part, "\"")
		path = part[2]
		if (path in rows)
			fault(path ": twice in conf.def")
		rows[path] = kind
		default_of[path] = kind ~ /^SECRET/ ? "" : part[4]
		next
	}
	FNR == NR { next }

	# .Em type , No default Ql value .
	want != "" {
		if ($1 != ".Em" || $2 != type[rows[want]])
			fault(want ": the page does not say \"" \
			    type[rows[want]] "\"")
		said = ""
		for (i = 3; i < NF; i++)
			if ($i == "Ql")
				said = $(i + 1)
		if (said != default_of[want])
			fault(want ": the default is \"" default_of[want] \
			    "\", the page says \"" said "\"")
		want = ""
	}
	/^\.It Va / {
		if (!($3 in rows))
			fault($3 ": in the page, but not in conf.def")
		else if ($3 in seen)
			fault($3 ": twice in the page")
		else if (rows[$3] in type)
			want = $3
		seen[$3] = 1
	}

	END {
		for (path in rows) {
			total++
			if (!(path in seen))
				fault(path ": not in postern.yaml(5)")
		}
		if (total == 0)
			fault("no rows found in conf.def")
		exit failed
	}
' "$table" "$man"
