#!/bin/sh
#
# Holds the table of metrics against who speaks of them: every metric of
# lib/base/metric.def is an .It Va of fcgi/postern-metrics.7 and the other way
# round, and dashboard and rules in etc/ name none that does not exist.
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
