#!/bin/sh
#
# Holds the route table against what is written about it: every row of
# fcgi/routes.c is an operation of fcgi/openapi.yaml and a section of
# fcgi/postern-api.7, and the other way round; the two papers name the same
# statuses; who may call, the rate limit and the input of a row show there.
# Of rows of the Admin API these are openapi-admin.yaml and postern-admin.7.
# And every manual page is one that mandoc has nothing to say about.
#
# usage: docs.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
routes=$top/fcgi/routes.c
tmp=$(mktemp -d "${TMPDIR:-/tmp}/docs.XXXXXX") || exit 2
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
failed=0

readable()
{
	for file; do
		if [ ! -r "$file" ]; then
			echo "docs.sh: $file is missing" >&2
			exit 1
		fi
	done
}

# "FAMILY METHOD /path auth rate input" of each row; the names that the table
# gives to the words of its columns are followed.
rows()
{
	awk '
		/^#define [A-Z_]+[ \t]+&?(PTN|ptn)_[A-Za-z_]+$/ {
			alias[$2] = $3
			next
		}
		/^[ \t]*\{[ \t]*[A-Z]+,[ \t]*[A-Z]+,[ \t]*"\// {
			n = split($0, part, /,[ \t]*/)
			sub(/^[^A-Z]*/, "", part[1])
			family = part[1]
			auth = rate = "?"; input = "json"
			for (i = 1; i <= n; i++) {
				value = part[i] in alias ? alias[part[i]] : part[i]
				if (value ~ /^PTN_[A-Z]+$/)
					method = substr(value, 5)
				if (value ~ /^"\//) path = value
				if (value ~ /^&ptn_[a-z_]*auth_/) auth = value
				if (value ~ /^PTN_RATE_/) rate = value
				if (value == "NO_INPUT") input = "none"
				# What a step takes, its flow says.
				if (value ~ /^ptn_flow_serve_/) input = "json"
			}
			gsub(/"/, "", path)
			print family, method, path, auth, rate, input
		}
	' "$routes" | sort
}

# "METHOD /path" and "METHOD /path status" of each operation, and a line for
# each that takes JSON, or a session, or needs no key of those who all do.
read_api()
{
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
		/^      security: \[\]/ { print name >(dir "/open") }
		/^      security:/ { security = name }
		/^        - SessionCookie:/ && security == name && !open[name] {
			print name >(dir "/takes-session")
		}
		/^        - \{\}/ { open[name] = 1 }
		/^        .[0-9][0-9][0-9].:/ {
			print name, substr($1, 2, 3) >(dir "/statuses")
		}
	' "$1"
}

# The same of each section of the manual page.
read_page()
{
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
	' "$1"
}

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

# hold DESCRIPTION PAGE: those rows of the table.
hold()
{
	api=${1##*/} page=${2##*/}
	readable "$1" "$2"
	for file in operations takes-json takes-session open statuses sections \
	    documented; do
		: >"$tmp/$file"
	done
	read_api "$1"
	read_page "$2"
	awk '{ print $2, $3 }' "$tmp/rows" >"$tmp/routes"
	if [ ! -s "$tmp/routes" ]; then
		echo "docs.sh: no routes found in $routes" >&2
		exit 1
	fi

	complain routes operations "a route that $api lacks"
	complain operations routes "in $api, but no route"
	complain routes sections "a route that $page lacks"
	complain sections routes "in $page, but no route"
	complain statuses documented "in $api, not in $page"
	complain documented statuses "in $page, not in $api"

	awk '$6 == "json" { print $2, $3 }' "$tmp/rows" >"$tmp/rows-json"
	complain rows-json takes-json "takes input; $api has no requestBody"
	complain takes-json rows-json "has a requestBody, but takes no input"

	awk '$4 ~ /public_auth_(sessions?|site)$|flow_auth_session$/ {
		print $2, $3 }' "$tmp/rows" >"$tmp/rows-session"
	complain rows-session takes-session "needs a session; $api hides it"
	complain takes-session rows-session "needs no session; $api wants one"

	awk '$5 != "PTN_RATE_NONE" { print $2, $3, 429 }' "$tmp/rows" \
		>"$tmp/rows-rate"
	awk '$3 == 429' "$tmp/statuses" >"$tmp/says-rate"
	complain rows-rate says-rate "is limited; $api does not say 429"
	complain says-rate rows-rate "has no limit; $api says 429"
}

readable "$routes"
rows >"$tmp/all"
grep -v '^ADMIN ' "$tmp/all" >"$tmp/rows"
hold "$top/fcgi/openapi.yaml" "$top/fcgi/postern-api.7"

grep '^ADMIN ' "$tmp/all" >"$tmp/rows"
hold "$top/fcgi/openapi-admin.yaml" "$top/fcgi/postern-admin.7"
awk '$4 ~ /_auth_(anybody|entrant)$/ { print $2, $3 }' "$tmp/rows" >"$tmp/rows-open"
complain rows-open open "needs no key; openapi-admin.yaml wants one"
complain open rows-open "needs a key; openapi-admin.yaml hides it"

if command -v mandoc >/dev/null; then
	for page in "$top"/fcgi/*.[0-9] "$top"/etc/*.[0-9]; do
		mandoc -T lint -W warning "$page" >&2 || failed=1
	done
fi

exit $failed
