#!/bin/sh
# usage: job.sh 'LABEL|LOG|KIND|FILE|WEB|MOUNT'
#
# Run one job of tests/run, which writes LOG, and say
# "LABEL|LOG|STATUS|SECONDS".  FILE is a program of the build, or a file from
# the top of the source.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd -P)
build=$POSTERN_BUILD
IFS='|' read -r label log kind file web mount <<END
$1
END

# An exit status for an answer.
verdict() {
	builddir=$build sh "$top/$file" && echo "ok 1" ||
	    { echo "not ok 1" && return 1; }
}

# For what measures memory itself: sanitizers would hide ours behind their own.
plain_build() {
	POSTERN_PLAIN_BUILD=$top/build/plain
	export POSTERN_PLAIN_BUILD
	mkdir -p "$POSTERN_PLAIN_BUILD" && (
		cd "$POSTERN_PLAIN_BUILD" || exit
		[ -f Makefile ] || "$top/configure" CFLAGS='-g1 -O2' || exit
		make -j2 all
	) >"$log.build" 2>&1 || tail -n 5 "$log.build"
}

node_test() {
	[ -z "$web" ] || export POSTERN_WEB="$web"
	export POSTERN_PREFIX="$mount"
	! grep -q POSTERN_PLAIN_BUILD "$top/$file" || plain_build
	timeout --foreground -k 10 600 node --test-reporter=tap "$top/$file"
}

run() {
	case $kind in
	program) CMOCKA_MESSAGE_OUTPUT=TAP \
	    sh "$top/tests/lib/unit.sh" "$build/$file" ;;
	script) sh "$top/$file" ;;
	lint) verdict ;;
	node) node_test ;;
	esac
}

# Some find their data from here.
cd "$top" || exit
mkdir -p "$(dirname "$log")"
began=$(date +%s)
run >"$log" 2>&1 </dev/null
echo "$label|$log|$?|$(($(date +%s) - began))"
