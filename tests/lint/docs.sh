#!/bin/sh
#
# Holds the route table against what is written about it: every row of
# fcgi/routes.c is an operation of fcgi/openapi.yaml and a section of
# fcgi/postern-api.7, and the other way round; the two papers name the same
# statuses; who may call, the rate limit and the input of a row show there.
# And every manual page is one that mandoc has nothing to say about.
#
# usage: docs.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
routes=$top/fcgi/routes.c
api=$top/fcgi/openapi.yaml
man=$top/fcgi/postern-api.7
tmp=$(mktemp -d "${TMPDIR:-/tmp}/docs.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

for file in "$routes" "$api" "$man"; do
	if [ ! -r "$file" ]; then
		echo "docs.sh: $file is missing" >&2
		exit 1
	fi
done

# "METHOD /path auth rate input" of each row; the names that the table gives to
# the words of its columns are followed.
awk '
	/^#define [A-Z_]+[ \t]+&?(PTN|ptn)_[A-Za-z_]+$/ {
		alias[$2] = $3
		next
	}
	/^[ \t]*\{[ \t]*[A-Z]+,[ \t]*[A-Z]+,[ \t]*"\// {
		n = split($0, part, /,[ \t]*/)
		sub(/^[^A-Z]*/, "", part[1])
		auth = rate = "?"; input = "json"
		for (i = 1; i <= n; i++) {
			value = part[i] in alias ? alias[part[i]] : part[i]
			if (value ~ /^PTN_[A-Z]+$/) method = substr(value, 5)
			if (value ~ /^"\//) path = value
			if (value ~ /^&ptn_[a-z_]*auth_/) auth = value
			if (value ~ /^PTN_RATE_/) rate = value
			if (value == "NO_INPUT") input = "none"
			# What a step takes, its flow says.
			if (value ~ /^ptn_flow_serve_/) input = "json"
		}
		gsub(/"/, "", path)
		print method, path, auth, rate, input
	}
' "$routes" | sort >"$tmp/rows"
awk '{ print $1, $2 }' "$tmp/rows" >"$tmp/routes"

# "METHOD /path" and "METHOD /path status" of each operation, and a line for
# each that takes JSON, or a session.
awk -v dir="$tmp" '
	/^[a-z]/ { inside = $0 == "paths:"; next }
	!inside { next }
	/^  \/.*:$/ { path = $1; sub(/:$/, "", path); next }
	/^    (get|put|post|delete|patch):$/ {
		name = toupper($1); sub(/:$/, "", name)
		name = name " " path
		print name >(dir "/operations")
		next
	}
	/^      requestBody:/ { print name >(dir "/takes-json") }
	/^      security:/ { security = name }
	/^        - SessionCookie:/ && security == name && !open[name] {
		print name >(dir "/takes-session")
	}
	/^        - \{\}/ { open[name] = 1 }
	/^        .[0-9][0-9][0-9].:/ {
		print name, substr($1, 2, 3) >(dir "/statuses")
	}
' "$api"

# The same of each section of the manual page.
awk -v dir="$tmp" '
	/^\.S[sh] / { name = "" }
	/^\.Ss (GET|PUT|POST|DELETE|PATCH) \// {
		name = $2 " " $3
		print name >(dir "/sections")
	}
	name != "" && /^\.It Er? ?[0-9]|^\.It [0-9]/ {
		for (i = 2; i <= NF; i++)
			if ($i ~ /^[0-9][0-9][0-9]$/)
				print name, $i >(dir "/documented")
	}
' "$man"

# complain A B TEXT: the lines of A that are not in B, with a text.
complain()
{
	sort -u "$tmp/$1" >"$tmp/a"
	sort -u "$tmp/$2" >"$tmp/b"
	comm -23 "$tmp/a" "$tmp/b" >"$tmp/only"
	if [ -s "$tmp/only" ]; then
		sed "s|\$|: $3|" "$tmp/only"
		failed=1
	fi
}

for file in operations takes-json takes-session statuses sections documented
do
	: >>"$tmp/$file"
done
if [ ! -s "$tmp/routes" ]; then
	echo "docs.sh: no routes found in $routes" >&2
	exit 1
fi

complain routes operations "a route that openapi.yaml lacks"
complain operations routes "in openapi.yaml, but no route"
complain routes sections "a route that postern-api.7 lacks"
complain sections routes "in postern-api.7, but no route"
complain statuses documented "in openapi.yaml, not in postern-api.7"
complain documented statuses "in postern-api.7, not in openapi.yaml"

awk '$5 == "json" { print $1, $2 }' "$tmp/rows" >"$tmp/rows-json"
complain rows-json takes-json "takes input; openapi.yaml has no requestBody"
complain takes-json rows-json "has a requestBody, but takes no input"

awk '$3 ~ /_auth_(sessions?|site)$/ { print $1, $2 }' "$tmp/rows" \
	>"$tmp/rows-session"
complain rows-session takes-session "needs a session; openapi.yaml hides it"
complain takes-session rows-session "needs no session; openapi.yaml wants one"

awk '$4 != "PTN_RATE_NONE" { print $1, $2, 429 }' "$tmp/rows" \
	>"$tmp/rows-rate"
awk '$3 == 429' "$tmp/statuses" >"$tmp/says-rate"
complain rows-rate says-rate "is limited; openapi.yaml does not say 429"
complain says-rate rows-rate "has no limit; openapi.yaml says 429"

if command -v mandoc >/dev/null; then
	for page in "$top"/fcgi/*.[0-9] "$top"/etc/*.[0-9]; do
		mandoc -T lint -W warning "$page" >&2 || failed=1
	done
fi

exit $failed
