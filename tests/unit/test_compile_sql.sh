#!/bin/sh
#
# compile.awk and migrations.awk: what they make compiles, and what they
# refuse they refuse with file and line.
#
# usage: test_compile_sql.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
awk=${AWK:-awk}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

check() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/err"
		failed=1
	fi
}

# refuses NAME LINE TEXT: the statements on standard input are refused at
# that line, with a message that has the text in it, and nothing is written.
refuses() {
	cat > "$dir/bad.sql"
	if "$awk" -v part=header -f "$top/sql/compile.awk" "$dir/bad.sql" \
	    > "$dir/out" 2> "$dir/err"; then
		check 1 "$1"
	elif [ -s "$dir/out" ]; then
		check 1 "$1 (something was written)"
	else
		grep -qF "bad.sql:$2: " "$dir/err" &&
		    grep -qF "$3" "$dir/err"
		check $? "$1"
	fi
}

refuses 'no name' 1 "without a '-- name:'" <<END
SELECT 1;
END
refuses 'a bad name' 1 'bad name' <<END
-- name: User-By-Id
END
refuses 'a name twice' 4 'stands twice' <<END
-- name: a
-- returns: none
DO 1;
-- name: a
END
refuses 'an unknown type' 2 "unknown type 'text'" <<END
-- name: a
-- in: x:text
END
refuses 'a column without a type' 2 'not name:type' <<END
-- name: a
-- in: x
END
refuses 'a word of C' 2 'a word of C' <<END
-- name: a
-- in: default:i64
END
refuses 'one name, two types' 2 'bound as' <<END
-- name: a
-- in: x:i64 x:str
END
refuses 'an output twice' 2 'stands twice' <<END
-- name: a
-- out: x:i64 x:i64
END
refuses 'too few inputs' 4 "2 '?' and 1 inputs" <<END
-- name: a
-- in: x:i64
-- returns: none
DELETE FROM t WHERE x = ? AND y = ?;
END
refuses 'too many inputs' 4 "0 '?' and 1 inputs" <<END
-- name: a
-- in: x:i64
-- returns: none
DELETE FROM t WHERE x = '?';
END
refuses 'no returns' 2 'no returns:' <<END
-- name: a
DO 1;
END
refuses 'an unknown returns' 2 'none of one' <<END
-- name: a
-- returns: two
END
refuses 'one without out' 3 'no out:' <<END
-- name: a
-- returns: one
SELECT 1;
END
refuses 'count with out' 4 'has out:' <<END
-- name: a
-- out: x:i64
-- returns: count
DELETE FROM t;
END
refuses 'two statements in one' 3 "a ';' inside" <<END
-- name: a
-- returns: none
DO 1; DROP TABLE users;
END
refuses 'a comment beside SQL' 3 'a comment beside SQL' <<END
-- name: a
-- returns: none
DO 1 -- one
END
refuses 'a string that does not end' 3 'does not end on its line' <<END
-- name: a
-- returns: none
DO 'x
END
refuses 'a statement that does not end' 3 'does not end' <<END
-- name: a
-- returns: none
DO 1
END
refuses 'a name inside a statement' 4 'does not end before' <<END
-- name: a
-- returns: none
DO 1
-- name: b
END
refuses 'a declaration behind SQL began' 4 'belongs between' <<END
-- name: a
-- returns: none
DO
-- in: x:i64
END
refuses 'text with inputs' 5 'sent as text' <<END
-- name: a
-- in: x:i64
-- protocol: text
-- returns: none
DO ?;
END
refuses 'an empty file' 0 'no statement' < /dev/null
{
	echo '-- name: a'
	echo '-- returns: none'
	i=0
	while [ $i -lt 33 ]; do
		echo "-- in: c$i:i64"
		i=$((i + 1))
	done
} > "$dir/columns"
refuses 'too many columns' 35 'more than 32 inputs' < "$dir/columns"

# What is good compiles, and says what it should.
cat > "$dir/good.sql" <<'END'
-- A comment for the file.
-- name: find_it
-- in:   tenant_id:id now:time
-- in:   name:str now:time
-- out:  id:id data:bytes
-- out:  n:i64
-- returns: many
-- A free comment: with a colon and a ? and a ;
SELECT id, data, "a\b", '?;--'
  FROM t
-- between the lines
 WHERE tenant_id = ? AND a < ? AND b = ?
   AND c > ?;
-- name: add_it
-- returns: id
INSERT INTO t VALUES ();
END
mkdir -p "$dir/lib/db"
for file in header:sql.h calls:sql.c statements:statements.c; do
	"$awk" -v part="${file%%:*}" -f "$top/sql/compile.awk" \
	    "$dir/good.sql" > "$dir/lib/db/${file#*:}" 2> "$dir/err"
	check $? "part=${file%%:*}"
done
${CC:-cc} -std=c11 -Wall -Wextra -Werror -fsyntax-only -iquote "$dir" \
    -iquote "$top" "$dir/lib/db/sql.c" "$dir/lib/db/statements.c" \
    > "$dir/err" 2>&1
check $? 'it compiles'
[ "$(grep -c 'int64_t now;' "$dir/lib/db/sql.h")" -eq 1 ]
check $? 'what is bound twice is one member'
grep -qF '"SELECT id, data, \"a\\b\", '"'?;--'"' "' "$dir/lib/db/statements.c"
check $? 'quotes and backslashes are kept'
! grep -q 'between the lines' "$dir/lib/db/statements.c"
check $? 'comments are left out'
"$awk" -v part=list -f "$top/sql/compile.awk" "$dir/good.sql" \
    > "$dir/list" 2> "$dir/err"
grep -qx "find_it		tenant_id:id now:time name:str now:time	SELECT id.*" \
    "$dir/list" && [ "$(wc -l < "$dir/list")" -eq 2 ]
check $? 'part=list is a line each'

# ------------------------------------------------------------- migrations.awk

refuses_migration() { # NAME TEXT FILE...
	name=$1 text=$2
	shift 2
	if (cd "$dir" && "$awk" -f "$top/sql/migrations.awk" "$@") \
	    > "$dir/out" 2> "$dir/err"; then
		check 1 "$name"
	else
		grep -qF "$text" "$dir/err" && [ ! -s "$dir/out" ]
		check $? "$name"
	fi
}
echo 'DO 1;' > "$dir/0001-first.sql"
echo 'DO 1;' > "$dir/0003-third.sql"
echo 'DO 1;' > "$dir/2-second.sql"
printf 'DO 1;\nDO 2\n' > "$dir/0002-open.sql"
echo '-- nothing' > "$dir/0002-empty.sql"
refuses_migration 'a migration with another kind of name' 'NNNN-name.sql' \
    0001-first.sql 2-second.sql
refuses_migration 'a gap' 'expected migration number 2' \
    0001-first.sql 0003-third.sql
refuses_migration 'a number twice' 'expected migration number 2' \
    0001-first.sql 0001-first.sql
refuses_migration 'a migration that does not end' 'does not end' \
    0001-first.sql 0002-open.sql
refuses_migration 'a migration without a statement' 'no statement' \
    0001-first.sql 0002-empty.sql

echo "1..$n"
exit $failed
