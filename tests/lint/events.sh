#!/bin/sh
#
# Holds the table of events against its manual page: every row of
# lib/event/event.def is an .It Va of lib/event/postern-events.7 and the other
# way round, and the line below it says the kind and the notice of the row:
#
#	.It Va dfns_recovery_succeeded
#	.Em change , No notice Ql recovered .
#
# And every event happens somewhere.
#
# What webhooks are told by (the table, and email.send, which is no event) is
# held against what they can want, lib/format/hook.c, and what
# lib/event/postern-hooks.7 says of it: the same names.  Only the beginnings of
# others are told by nothing.  HookEvent of fcgi/openapi-admin.yaml is what they
# can want.
#
# usage: events.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
table=$top/lib/event/event.def
man=$top/lib/event/postern-events.7
hooks=$top/lib/event/postern-hooks.7
wanted=$top/lib/format/hook.c
api=$top/fcgi/openapi-admin.yaml
failed=0

for file in "$table" "$man" "$hooks" "$wanted" "$api"; do
	if [ ! -r "$file" ]; then
		echo "events.sh: $file is missing" >&2
		exit 1
	fi
done

awk '
	function fault(what) {
		print "events.sh: " what | "cat >&2"
		failed = 1
	}

	# PTN_EVENT(NAME, KIND, "type", NOTICE, ...): what the page must say.
	FNR == NR && /^PTN_EVENT\(/ {
		n = split($0, part, /[(),][ \t]*/)
		kind = tolower(part[3])
		type = part[4]
		gsub(/"/, "", type)
		notice = tolower(part[5])
		if (type in said)
			fault(type ": twice in event.def")
		said[type] = ".Em " kind \
		    (notice == "none" ? "" : " , No notice Ql " notice) " ."
		next
	}
	FNR == NR { next }

	want != "" {
		if ($0 != said[want])
			fault(want ": the page has \"" $0 "\", not \"" \
			    said[want] "\"")
		want = ""
	}
	/^\.It Va / {
		if (!($3 in said))
			fault($3 ": in the page, but not in event.def")
		else if ($3 in seen)
			fault($3 ": twice in the page")
		else
			want = $3
		seen[$3] = 1
	}

	END {
		for (type in said) {
			total++
			if (!(type in seen))
				fault(type ": not in postern-events(7)")
		}
		if (total == 0)
			fault("no rows found in event.def")
		exit failed
	}
' "$table" "$man" || failed=1

for event in $(sed -n 's/^PTN_EVENT(\([A-Z_0-9]*\),.*/\1/p' "$table"); do
	grep -rqw --include='*.c' "PTN_EVENT_$event" "$top/lib" "$top/fcgi" || {
		echo "events.sh: PTN_EVENT_$event happens nowhere" >&2
		failed=1
	}
done

names='[a-z]+(\.[a-z]+)*'
told=$(
	{
		sed -nE "s/^PTN_EVENT\(.*, \"($names)\", [A-Z_]+\)\$/\1/p" \
		    "$table"
		echo email.send
	} | sort -u
)
listed=$(sed -n '/names\[\] = {/,/};/p' "$wanted" |
    grep -oE "\"$names\"" | tr -d '"' | sort -u)
described=$(sed -n '/^\.Sh EVENTS/,/^\.El/s/^\.It Ql //p' "$hooks" |
    tr -s ' ,' '\n\n' | sort -u)

allowed=$(awk '
	/^    [A-Za-z]+:$/ { inside = $1 == "HookEvent:" }
	inside && $1 == "-" { print $2 }
' "$api")

# Whether a name is the beginning of one that is told.
begins() {
	case "
$told" in
	*"
$1."*) return 0 ;;
	esac
	return 1
}

# every NAMES OTHERS WHERE: each of the names is one of the others.
every() {
	for name in $1; do
		printf '%s\n' "$2" | grep -qxF "$name" || {
			echo "events.sh: $name: not in $3" >&2
			failed=1
		}
	done
}

every "$told" "$listed" lib/format/hook.c
every "$told" "$described" 'the events of postern-hooks(7)'
every "$listed" "$allowed" 'HookEvent of openapi-admin.yaml'
every "$allowed" "$listed" 'lib/format/hook.c, but in openapi-admin.yaml'
every "$described" "$told" 'event.def, but in postern-hooks(7)'
for name in $listed; do
	begins "$name" || every "$name" "$told" 'event.def, but in hook.c'
done

if command -v mandoc >/dev/null; then
	mandoc -T lint -W warning "$man" >&2 || failed=1
fi

exit $failed
