#!/bin/sh
#
# Holds the tables of flows against what is written about them: every state,
# action and code is an .It Ql of fcgi/postern-flow.7 and the other way round,
# a state or code only once; every input a .Va there; fcgi/openapi.yaml lists
# states and codes, and has the inputs as members.  Every code is said
# somewhere, and every endpoint that flows take the place of is named.
#
# usage: flows.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
flow=$top/lib/flow
man=$top/fcgi/postern-flow.7
api=$top/fcgi/openapi.yaml
failed=0

for file in "$flow/state.def" "$flow/error.def" "$man" "$api"; do
	if [ ! -r "$file" ]; then
		echo "flows.sh: $file is missing" >&2
		exit 1
	fi
done

fault() {
	echo "flows.sh: $1" >&2
	failed=1
}

# The first text of each row of a table.
texts() {
	sed -n 's/^PTN_FLOW_[A-Z]*([A-Z_]*,[ ]*"\([a-z_]*\)".*/\1/p' "$1"
}

# The names in the rows of places: an action's is followed by its .text, an
# input's by its .type.
names() {
	cat "$flow"/*.c "$flow"/*.h | awk -v member=".$1" '
		{
			for (i = 1; i < NF; i++) {
				if ($i ~ /^\{?\.name$/ || $i == ".name")
					name = $(i + 2)
				if ($i == member && name != "") {
					gsub(/[",}]/, "", name)
					print name
					name = ""
				}
			}
		}
	' | sort -u
}

states=$(texts "$flow/state.def")
codes="$(texts "$flow/error.def") technical_error"
actions=$(names text)
inputs=$(names type)
if [ -z "$states" ] || [ -z "$actions" ] || [ -z "$inputs" ]; then
	fault "the tables of lib/flow are not read"
fi

for name in $states $actions $codes; do
	grep -qx "\.It Ql $name" "$man" ||
	    fault "$name: not in postern-flow(7)"
done
for name in $(sed -n 's/^\.It Ql \([a-z_]*\)$/\1/p' "$man"); do
	echo " $states $actions $codes " | tr '\n' ' ' | grep -q " $name " ||
	    fault "$name: in postern-flow(7), but no state, action or code"
done
for name in $states $codes; do
	[ "$(grep -cx "\.It Ql $name" "$man")" -le 1 ] ||
	    fault "$name: more than once in postern-flow(7)"
	grep -q "^ *- $name\$" "$api" || fault "$name: not in openapi.yaml"
done
for name in $inputs; do
	grep -q "^\.Va $name\( .*\)*\$" "$man" ||
	    fault "$name: an input that is not in postern-flow(7)"
	grep -q "^ *$name: true\$" "$api" ||
	    fault "$name: an input that is not in openapi.yaml"
done
for name in $(sed -n 's/^PTN_FLOW_ERROR(\([A-Z_]*\),.*/\1/p' "$flow/error.def"); do
	cat "$flow"/*.c "$top"/fcgi/flow/*.c | grep -qw "PTN_FLOW_E_$name" ||
	    fault "PTN_FLOW_E_$name: nobody says so"
done

# What was there before flows: each with what takes its place.
old=$(sed -n '/^\.Sh FROM THE OLD ENDPOINTS$/,/^\.Sh EXAMPLES$/p' "$man")
for path in $(sed -n 's/^  \(\/[^ ]*\):$/\1/p' "$api" |
    grep -Ev '^/($|health/|\.well-known/|doctor/|auth/)'); do
	case $path in
	/login | /registration | /profile | /token_exchange) continue ;;
	esac
	printf '%s\n' "$old" | grep -qE "\"[A-Z]+ $path\"" ||
	    fault "$path: not in FROM THE OLD ENDPOINTS of postern-flow(7)"
done

exit $failed
