#!/bin/sh
# usage: template.sh BUILDDIR DIR
#
# What many tests begin with, made once:
#
# DIR/instance		as "quickstart --prepare" leaves it; each instance of
#			a test (instance.mjs) begins with a copy
# DIR/openapi.json	fcgi/openapi.yaml, parsed (openapi.mjs)
# DIR/fresh		for with-mariadb.sh, which fills it
#
# Nothing to do while what they depend on is as it was.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$1 dir=$2
PATH=$PATH:/usr/sbin:/usr/libexec
mkdir -p "$dir/fresh"

if [ ! "$dir/openapi.json" -nt "$top/fcgi/openapi.yaml" ]; then
	(cd "$top/tests" && node --input-type=module -e '
	import { readFileSync } from "node:fs";
	import { parse } from "yaml";
	const text = readFileSync("../fcgi/openapi.yaml", "utf8");
	console.log(JSON.stringify(parse(text)));
	') >"$dir/openapi.new"
	mv "$dir/openapi.new" "$dir/openapi.json"
fi

key=$(cd "$top" && {
	mariadbd --version
	cat etc/quickstart etc/private-mariadb.sh etc/quickstart.d/yaml.awk \
	    tests/unit/with-mariadb.sh tests/lib/template.sh
	find sql/migrations lib -name '*.sql' -o -name 'migrate.c' \
	    -o -name 'conf.def' | LC_ALL=C sort | xargs cat
} | cksum)
[ "$(cat "$dir/key" 2>/dev/null)" != "$key" ] || exit 0
rm -rf "$dir/key" "$dir/instance" "$dir/fresh"
mkdir -p "$dir/instance" "$dir/fresh"
sh "$top/etc/quickstart" --prepare --dir "$dir/instance" --build "$build"
echo "$key" >"$dir/key"
