#!/bin/sh
#
# Holds the table of metrics against who speaks of them: every metric of
# lib/base/metric.def is an .It Va of fcgi/postern-metrics.7 and the other way
# round, and dashboard and rules in etc/ name none that does not exist.  Each
# has either a series or a function in fcgi/metrics.c that tells of it; and
# each series is counted somewhere: by an event, or by who names it in C.
#
# usage: metrics.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
table=$top/lib/base/metric.def
man=$top/fcgi/postern-metrics.7
users="$top/etc/grafana/postern.json $top/etc/prometheus/postern.rules.yml"
failed=0

# "name TYPE" of each row
rows=$(sed -n 's/^PTN_METRIC([A-Z_]*, \([A-Z]*\), "\([a-z_]*\)".*/\2 \1/p' \
    "$table")
names=$(echo "$rows" | cut -d ' ' -f 1 | sort)
paged=$(sed -n 's/^\.It Va \(postern_[a-z_]*\).*/\1/p' "$man" | sort)
if [ -z "$names" ]; then
	echo "metrics.sh: no rows found in metric.def" >&2
	exit 1
fi
if [ "$names" != "$paged" ]; then
	echo "metrics.sh: metric.def has other metrics than the page:" \
	    $(printf '%s\n' "$names" "$paged" | sort | uniq -u) >&2
	failed=1
fi

# told: the rows of the table without a series, which need a function.
told=$(awk -F '[(,]' '
	function settle() {
		if (name != "" && !series)
			print name
	}
	/^PTN_METRIC\(/ { settle(); name = $2; series = 0 }
	/^PTN_(SERIES|SPREAD)\(/ { series = 1 }
	END { settle() }
' "$table" | sort)
written=$(sed -n 's/^	{ METRIC_\([A-Z_]*\), .*/\1/p' "$top/fcgi/metrics.c" |
    sort)
if [ "$told" != "$written" ]; then
	echo "metrics.sh: with neither series nor function, or with both:" \
	    $(printf '%s\n' "$told" "$written" | sort | uniq -u) >&2
	failed=1
fi

# Who counts: the last column of an event, PTN_COUNT_ or PTN_SPREAD_ in C.
counted=$(
	sed -n 's/^PTN_EVENT(.*, \([A-Z_]*\))$/\1/p' \
	    "$top/lib/event/event.def"
	find "$top/lib" "$top/fcgi" -name '*.c' |
	    xargs grep -ohE 'PTN_(COUNT|SPREAD)_[A-Z_]+' |
	    sed 's/^PTN_[A-Z]*_//'
)
for name in $(sed -nE 's/^PTN_(SERIES|SPREAD)\(([A-Z_]*),.*/\2/p' "$table"); do
	printf '%s\n' "$counted" | grep -qx "$name" || {
		echo "metrics.sh: $name is counted nowhere" >&2
		failed=1
	}
done

# A histogram is asked for by the names of its parts.
known=$(echo "$rows" | awk '$2 != "HISTOGRAM" { print $1 }
	$2 == "HISTOGRAM" { print $1 "_bucket"; print $1 "_sum"
		print $1 "_count" }')
for file in $users; do
	asked=$(grep -o 'postern_[a-z_]*' "$file" | sort -u)
	[ -n "$asked" ] || {
		echo "metrics.sh: ${file#"$top"/} asks for no metric" >&2
		failed=1
	}
	for name in $asked; do
		echo "$known" | grep -qx "$name" || {
			echo "metrics.sh: ${file#"$top"/}: there is no $name" >&2
			failed=1
		}
	done
done

exit $failed
