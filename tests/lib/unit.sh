#!/bin/sh
# usage: unit.sh PROGRAM
# Run a unit test, or replay the corpus of a fuzz harness.  Exit status 77
# says that it cannot be run here.
#
# What asks for $POSTERN_TEST_DB gets a database of its own.
set -eu

tests=$(cd "$(dirname "$0")/.." && pwd)
name=$(basename "$1")
case $1 in */*) program=$1 ;; *) program=./$1 ;; esac
source=$tests/unit/$name.c
set -- "$program"

case $name in
fuzz_*)
	source=$tests/fuzz/$name.c
	corpus=$tests/fuzz/corpus/${name#fuzz_}
	[ -d "$corpus" ] || {
		echo "$corpus is missing"
		exit 1
	}
	set -- "$program" "$corpus"
	;;
esac

grep -q 'POSTERN_TEST_DB' "$source" || exec "$@"
PATH=$PATH:/usr/sbin:/sbin
command -v mariadbd >/dev/null || {
	echo "mariadbd is missing"
	exit 77
}
exec sh "$tests/unit/with-mariadb.sh" "$@"
