#!/bin/sh
#
# Holds the kinds of password hashes that an import takes (lib/crypto/foreign.c)
# against what is said of them: each is an .It Ql below password.import.allow in
# etc/postern.yaml.5 and the other way round, and the default of that key names
# no others.
#
# usage: hashes.sh [TOP]

set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
table=$top/lib/crypto/foreign.c
man=$top/etc/postern.yaml.5
failed=0

fault() {
	echo "hashes.sh: $1" >&2
	failed=1
}

kinds=$(sed -n '/^static const struct ptn_foreign_kind kinds/,/^};/p' "$table" |
    sed -n 's/^	{ "\([a-z0-9-]*\)",.*/\1/p' | sort -u)
listed=$(sed -n '/^\.It Va password\.import\.allow$/,/^\.El$/s/^\.It Ql //p' \
    "$man")
taken=$(sed -n '/"password\.import\.allow"/s/.*, *"\([^"]*\)").*/\1/p' \
    "$top/lib/conf/conf.def" | tr ',' '\n')

if [ -z "$kinds" ] || [ -z "$taken" ]; then
	fault "the tables are not read"
fi
for kind in $kinds; do
	printf '%s\n' "$listed" | grep -qx -e "$kind" ||
	    fault "$kind: not below password.import.allow in postern.yaml(5)"
done
for kind in $listed $taken; do
	printf '%s\n' "$kinds" | grep -qx -e "$kind" ||
	    fault "$kind: allowed or described, but no kind of foreign.c"
done

exit $failed
