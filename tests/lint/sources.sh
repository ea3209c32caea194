#!/bin/sh
#
# Whatever is in the tree is built and distributed: every C source, harness,
# test, lint, statement, migration, mail template, example and manual page is
# named in Makefile.am.
#
# usage: sources.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2
failed=0

for file in $(find lib fcgi -name '*.[ch]' -o -name '*.def' |
    LC_ALL=C sort) $(ls sql/queries/*.sql sql/migrations/*.sql \
    tests/lint/*.sh tests/unit/*.sh etc/mail/* etc/examples/* fcgi/*.[0-9] \
    fcgi/HACKING sql/*.[0-9] \
    2>/dev/null) $(find etc -maxdepth 1 -type f) \
    $(find tests/http tests/browser tests/faults tests/bench tests/openapi \
    tests/lib tests/races tests/vectors tests/distros tests/packages -type f 2>/dev/null); do
	grep -q "[ 	]$file\( \|\$\)" Makefile.am || {
		echo "sources.sh: $file is not in Makefile.am" >&2
		failed=1
	}
done
for file in $(ls tests/unit/test_*.c tests/fuzz/fuzz_*.c 2>/dev/null); do
	grep -q "[ 	]${file%.c}\( \|\$\)" Makefile.am || {
		echo "sources.sh: ${file%.c} is not in Makefile.am" >&2
		failed=1
	}
done
exit $failed
