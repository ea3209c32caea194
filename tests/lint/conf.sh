#!/bin/sh
#
# Holds the table of configuration keys against its manual page: every row of
# lib/conf/conf.def is an .It of etc/postern.yaml.5 and the other way round, and
# the line below it says the type and the default of the row.  And every key is
# read by somebody outside of lib/conf/.
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

# All that becomes of these is done when the configuration is loaded:
#	cors_wildcard	allows a "*" in the list of origins
#	db_url		takes the place of the other keys of the database
at_load='cors_wildcard db_url'

# The figures of limits are read by way of their table.
figures='s/^PTN_LIMIT(.*, *\([a-z_]*\))$/cf.rate_\1 cf.rate_\1_s/p'

{
	find "$top/lib" "$top/fcgi" \( -name '*.[ch]' -o -name event.def \) \
	    -not -path '*/lib/conf/*' |
	    xargs sed -n '/^[ 	]*\/*\*/d; s/->/./g; /\.[a-z]/p'
	[ ! -r "$top/lib/account/limit.def" ] ||
	    sed -n "$figures" "$top/lib/account/limit.def"
} | awk -v at_load="$at_load" '
	BEGIN {
		n = split(at_load, member, " ")
		for (i = 1; i <= n; i++)
			read_by[member[i]] = 1
	}
	FNR == NR && /^PTN_CONF_[A-Z_]+ *\([a-z]/ {
		name = $0
		sub(/^[^(]*\(/, "", name)
		sub(/,.*/, "", name)
		rows[name] = 1
	}
	FNR == NR { next }
	{
		n = split($0, part, ".")
		for (i = 2; i <= n; i++) {
			if (part[i] ~ /^[a-z0-9_]+ = /)
				continue # is written
			sub(/[^a-z0-9_].*/, "", part[i])
			read_by[part[i]] = 1
		}
	}
	END {
		for (name in rows)
			if (!(name in read_by)) {
				print "conf.sh: nobody reads cf->" name
				failed = 1
			}
		exit failed
	}
' "$table" - >&2 || unread=1

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
		type["ENUM"] = "word"; type["CLAIMS"] = "section"
		type["HOOKS"] = "section"
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
		if (/, TENANT\)/)
			tenant[path] = 1
		default_of[path] = kind ~ /^SECRET/ ? "" : part[4]
		next
	}
	FNR == NR { next }

	/^\.\\" The keys that end in TENANT/ { listing = 1; next }
	/^\.\\" No more of them/ { listing = 0 }
	listing {
		for (i = 2; i <= NF; i++)
			if ($i !~ /^[,.]$/) {
				listed[$i] = 1
				if (!($i in tenant))
					fault($i ": the page lets tenants have it")
			}
	}

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
			if ((path in tenant) && !(path in listed))
				fault(path ": the page lists it not for tenants")
		}
		if (total == 0)
			fault("no rows found in conf.def")
		exit failed
	}
' "$table" "$man" && [ -z "${unread:-}" ]
