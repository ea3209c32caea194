#!/bin/sh
#
# SQL stands in sql/ alone, and keeps to the rules of the house:
#
#   no SQL in the strings of a .c or .h of lib/ and fcgi/;
#   names of statements are unique over all files (compile.awk says so);
#   a statement on a table that has a tenant_id binds one, or says
#   "-- tenants: all, because ..." why it speaks of all of them; a table without
#   one is named below, with what it is about;
#   what MariaDB 10.3 does not know, or knows differently, is not used: each word
#   stands in sql.words with the version that it came with;
#   postern-schema(7) has every table and column, and no others.
#
# usage: sql.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2
failed=0

complain() {
	echo "sql.sh: $*" >&2
	failed=1
}

# ------------------------------------------------------------- no SQL in C

words='SELECT|INSERT( IGNORE)? INTO|REPLACE INTO|UPDATE [a-z_]+ SET|DELETE FROM'
words="$words|(CREATE|ALTER|DROP|TRUNCATE) TABLE|START TRANSACTION|BEGIN WORK"
words="$words|FOR UPDATE|LAST_INSERT_ID|GET_LOCK|SET (SESSION|NAMES|GLOBAL)"
found=$(find lib fcgi -name '*.[ch]' | LC_ALL=C sort |
    xargs grep -nE "\"[^\"]*($words)[^\"]*\"")
[ -z "$found" ] || complain "SQL in C:
$found"
found=$(find lib fcgi -name '*.[ch]' | LC_ALL=C sort |
    xargs grep -nE 'mysql_(real_)?(query|escape_string|send_query)' |
    grep -v '^lib/db/\(conn\|connect\|pair\)\.c:')
[ -z "$found" ] || complain "SQL past lib/db/conn.c, connect.c and pair.c:
$found"

# ----------------------------------------------------------- the statements

awk -v part=header -f sql/compile.awk sql/queries/*.sql >/dev/null || failed=1
awk -f sql/migrations.awk sql/migrations/*.sql >/dev/null || failed=1

awk '
	function complain(what) {
		print "sql.sh: " FILENAME ":" FNR ": " what | "cat 1>&2"
		failed = 1
	}

	# Tables that are of no tenant.
	BEGIN {
		of_all["jwk_changes"] = "the lock of the key sets"
		of_all["mail_refusals"] = "of a host"
		of_all["tenants"] = "what the others are of"
	}

	# Migrations: which tables have a tenant_id.
	/^CREATE TABLE/ && FILENAME ~ /migrations\// {
		table = $3
		made[table] = 1
	}
	/^ *tenant_id / && FILENAME ~ /migrations\// { of_tenant[table] = 1 }
	/^\)/ && FILENAME ~ /migrations\// { table = "" }
	/^ALTER TABLE/ && FILENAME ~ /migrations\// { table = $3 }
	/ADD (COLUMN )?tenant_id/ && FILENAME ~ /migrations\// {
		of_tenant[table] = 1
	}
	FILENAME ~ /migrations\// { next }

	/^-- *name:/ { name = $NF; binds = all = 0; text = ""; next }
	/^-- *in:/ { if ($0 ~ /[ :]tenant_id:id/) binds = 1; next }
	/^-- *tenants:/ {
		if ($0 !~ /tenants: all, because .../)
			complain("say \"tenants: all, because ...\"")
		all = 1
		next
	}
	/^-- *protocol: other/ { all = 1; next } # tables of another program
	/^[ \t]*--/ { next }
	{
		text = text " " $0 " "
		if ($0 !~ /;[ \t]*$/)
			next
		words = text
		gsub(/[^A-Za-z0-9_]+/, " ", words)
		n = split(words, word, " ")
		touched = ""
		for (i = 1; i <= n; i++)
			if (word[i] in of_tenant)
				touched = word[i]
		bound = binds && (text ~ /tenant_id (=|<=>) \?/ ||
		    (text ~ /INSERT INTO/ && text ~ /tenant_id/))
		if (touched != "" && !bound && !all)
			complain(name " is on " touched \
			    " and binds no tenant_id")
		if (touched != "" && bound && all)
			complain(name " binds a tenant_id: no tenants: all")
		if (text ~ /[^A-Z_](NOW|SYSDATE|CURDATE|CURTIME|UUID)\(/ ||
		    text ~ /UTC_TIMESTAMP(\(\)|[^(])|CURRENT_TIMESTAMP/ ||
		    text ~ /[^A-Z_](RETURNING|SKIP LOCKED)[^A-Z_]/)
			complain(name " uses what rule 6 forbids: " \
			    "UTC_TIMESTAMP(6) is the only clock; no " \
			    "RETURNING, no SKIP LOCKED")
	}
	END {
		for (table in made)
			if (!(table in of_tenant) && !(table in of_all))
				complain(table " has no tenant_id")
		exit failed
	}
' sql/migrations/*.sql sql/queries/*.sql || failed=1

# ------------------------------------------------------- words of MariaDB 10.3

awk '
	function complain(what) {
		print "sql.sh: " FILENAME ":" FNR ": " what | "cat 1>&2"
		failed = 1
	}
	function look_up(word,    part) {
		if (!(word in since)) {
			complain(word " is not in tests/lint/sql.words: since " \
			    "when does MariaDB know it?")
			return
		}
		split(since[word], part, ".")
		if (part[1] * 100 + part[2] > 1003)
			complain(word " came with MariaDB " since[word])
	}
	FNR == NR {
		for (i = 2; $1 != "#" && i <= NF; i++)
			since[$i] = $1
		next
	}
	/^[ \t]*--/ { next }
	{
		text = $0
		gsub(/\047[^\047]*\047/, "", text)
		if (text ~ /DELETE FROM [a-z_]+ [a-z]/ || text ~ /KEY.* DESC/)
			complain("an alias in DELETE FROM, or a descending key")
		if (text ~ /^SET SESSION/)
			variables = 1
		if (variables && text ~ /^ +[a-z_]+ =/)
			look_up($1)
		if (text ~ /;$/)
			variables = 0
		while (match(text, /@@[a-z_]+|[A-Za-z0-9_]+/)) {
			word = substr(text, RSTART, RLENGTH)
			if (word ~ /^(@@.*|[A-Z][A-Z0-9_]+)$/)
				look_up(word)
			text = substr(text, RSTART + RLENGTH)
		}
	}
	END { exit failed }
' tests/lint/sql.words sql/migrations/*.sql sql/queries/*.sql || failed=1

# ----------------------------------------------------------- the migrations

# table.column, and "table" alone, of all that is created or added.
schema() {
	awk '
		function item(s) {
			if (!(s in seen))
				print s
			seen[s] = 1
		}
		/^[ \t]*--/ { next }
		/^CREATE TABLE/ {
			table = $3 == "IF" ? $6 : $3
			item(table)
			next
		}
		/^ALTER TABLE/ { table = $3 }
		{ sub(/ADD COLUMN IF NOT EXISTS/, "ADD COLUMN") }
		/^[ \t]*ADD COLUMN / { item(table "." $3) }
		/^\)/ || /;[ \t]*$/ { table = ""; next }
		table != "" && /^  [a-z_]+ +[A-Z]/ { item(table "." $1) }
	' sql/migrations/*.sql sql/queries/migrate.sql | LC_ALL=C sort
}

for file in sql/migrations/*.sql; do
	tables=$(grep -c '^CREATE TABLE' "$file")
	engine=$(grep -c '^) ENGINE=InnoDB ROW_FORMAT=DYNAMIC$' "$file")
	collation=$(grep -c \
	    '^  DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;$' "$file")
	[ "$tables $tables" = "$engine $collation" ] ||
	    complain "$file: a table without engine, row format or collation"
	! grep -nE '[^A-Z_](UUID|INET6|JSON|TIMESTAMP|ENUM)[ ,(]' "$file" >&2 ||
	    complain "$file: a type that rule 6 forbids"
done

# ------------------------------------------------------------------ the page

page=sql/postern-schema.7
if [ -r "$page" ]; then
	told=$(awk '
		/^\.Ss / { table = $2; print table }
		/^\.It Va / { print table "." $3 }
	' "$page" | LC_ALL=C sort)
	have=$(schema)
	for item in $have; do
		echo "$told" | grep -qx "$item" ||
		    complain "$page lacks $item"
	done
	for item in $told; do
		echo "$have" | grep -qx "$item" ||
		    complain "$page has $item, the schema has not"
	done
	if command -v mandoc >/dev/null; then
		mandoc -T lint -W warning "$page" >&2 || failed=1
	fi
else
	complain "$page is missing"
fi

exit $failed
