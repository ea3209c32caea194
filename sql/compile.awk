# Make of the statements in sql/queries/, in plain POSIX awk: lib/db/sql.h
# (-v part=header), lib/db/sql.c (-v part=calls), which has a function for each,
# and lib/db/statements.c (-v part=statements), the table of their texts.  For
# tests, part=list is a line each: name, protocol, inputs and text between tabs.
#
#     -- name: user_by_id
#     -- in:   tenant_id:id id:id
#     -- out:  address:str created_at:time
#     -- returns: one
#     -- Free comment lines are allowed; /*M! begins none, to MariaDB.
#     SELECT address, created_at FROM users WHERE tenant_id = ? AND id = ?;
#
# in: entries bind to the "?" in order; a name that stands twice is one member
# bound twice.  in: and out: may be repeated to continue on another line.
# Types: id str bytes i64 time (lib/db/db.h).  returns: one, many (out: is
# needed), count (rows matched), id (LAST_INSERT_ID), none.  The first line
# that ends in ";" ends the statement.  "-- protocol: text" sends a statement
# as it stands instead of preparing it: for the few that cannot be prepared.
# "-- protocol: other" marks one on the database of another program: its tables
# are not ours, so that it is prepared when it is first run alone.
# "-- protocol: lag" may read what a node of a cluster has not quite caught up
# with (database.sync_wait); all else waits for what was committed elsewhere.
# "-- tenants: all, because ..." is for tests/lint/sql.sh.

function fail(msg) {
	print FILENAME ":" FNR ": " msg | "cat 1>&2"
	failed = 1
	exit 1
}

function trim(s) {
	sub(/^[ \t]+/, "", s)
	sub(/[ \t]+$/, "", s)
	return s
}

# What is inside quotes is nobody's business here.
function unquoted(s) {
	gsub(/'[^']*'/, "quoted", s)
	gsub(/`[^`]*`/, "quoted", s)
	return s
}

function c_string(s,    i, c, out) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\" || c == "\"")
			out = out "\\"
		out = out c
	}
	return "\"" out "\""
}

function start(name) {
	if (state != "")
		fail("statement " cur " does not end before this line")
	if (name !~ /^[a-z][a-z0-9_]*$/)
		fail("bad name '" name "'")
	if (name in index_of)
		fail("the name " name " stands twice")
	cur = name
	names[++count] = name
	index_of[name] = count
	lines[count] = nin[count] = nout[count] = nmember[count] = 0
	returns[count] = protocol[count] = ""
	state = "header"
}

# "a:id b:str" into the lists of direction dir ("in" or "out").
function columns(dir, list,    f, n, i, p) {
	n = split(list, f, " ")
	if (n == 0)
		fail(dir ": without a column")
	for (i = 1; i <= n; i++) {
		if (split(f[i], p, ":") != 2 || p[1] !~ /^[a-z][a-z0-9_]*$/)
			fail("'" f[i] "' is not name:type")
		if (p[1] in reserved)
			fail("'" p[1] "' is a word of C")
		if (!(p[2] in c_type))
			fail("unknown type '" p[2] "' of " p[1])
		if (dir == "in")
			column_in(p[1], p[2])
		else
			column_out(p[1], p[2])
	}
}

function column_in(name, type,    key) {
	key = count SUBSEP name
	if (key in in_type && in_type[key] != type)
		fail(name " is bound as " in_type[key] " and as " type)
	if (!(key in in_type))
		member[count, ++nmember[count]] = name
	in_type[key] = type
	in_name[count, ++nin[count]] = name
	if (nin[count] > max_columns)
		fail("more than " max_columns " inputs")
}

function column_out(name, type,    key) {
	key = count SUBSEP name
	if (key in out_type)
		fail("the output " name " stands twice")
	out_type[key] = type
	out_name[count, ++nout[count]] = name
	if (nout[count] > max_columns)
		fail("more than " max_columns " outputs")
}

function header(line,    key, value) {
	key = line
	sub(/^-- */, "", key)
	sub(/:.*/, "", key)
	value = line
	sub(/^[^:]*:/, "", value)
	value = trim(value)
	if (key == "in" || key == "out") {
		columns(key, value)
	} else if (key == "returns") {
		if (!(value in known_returns))
			fail("returns: '" value "' is none of one, many, " \
			    "count, id, none")
		if (returns[count] != "")
			fail("returns: stands twice")
		returns[count] = value
	} else {
		if (value !~ /^(text|other|lag)$/)
			fail("protocol: '" value "' is none of text, other, lag")
		protocol[count] = value
	}
}

function body(line,    bare, n) {
	if (state == "")
		fail("SQL without a '-- name:' above it")
	state = "body"
	bare = unquoted(line)
	if (bare ~ /'/)
		fail("a quoted string does not end on its line")
	gsub(/\/\*M!/, "", bare) # what stands there is SQL to MariaDB
	if (bare ~ /--|\/\*|#/)
		fail("a comment beside SQL; give it a line of its own")
	n = gsub(/\?/, "", bare)
	marks += n
	if (bare ~ /;./)
		fail("a ';' inside a statement")
	if (line ~ /;$/) {
		ended = 1
		sub(/;$/, "", line)
	}
	text[count, ++lines[count]] = trim(line)
	if (ended)
		finish()
}

function finish(    i, has_out) {
	i = count
	if (returns[i] == "")
		fail("statement " cur " has no returns:")
	if (marks != nin[i])
		fail("statement " cur " has " marks " '?' and " nin[i] \
		    " inputs")
	has_out = returns[i] == "one" || returns[i] == "many"
	if (has_out && nout[i] == 0)
		fail("statement " cur " returns " returns[i] \
		    " but has no out:")
	if (!has_out && nout[i] > 0)
		fail("statement " cur " has out: but returns " returns[i])
	if (protocol[i] == "text" && (nin[i] > 0 || returns[i] != "none"))
		fail("statement " cur " is sent as text: it can neither " \
		    "take nor return anything")
	state = ""
	marks = ended = 0
}

BEGIN {
	max_columns = 32 # PTN_DB_COLS_MAX
	c_type["id"] = "struct ptn_uuid "
	c_type["str"] = "const char *"
	c_type["bytes"] = "struct ptn_bytes "
	c_type["i64"] = "int64_t "
	c_type["time"] = "int64_t "
	enumerator["id"] = "PTN_SQL_ID"
	enumerator["str"] = "PTN_SQL_STR"
	enumerator["bytes"] = "PTN_SQL_BYTES"
	enumerator["i64"] = "PTN_SQL_I64"
	enumerator["time"] = "PTN_SQL_TIME"
	known_returns["one"] = known_returns["many"] = 1
	known_returns["count"] = known_returns["id"] = known_returns["none"] = 1
	split("auto break case char const continue default do double else " \
	    "enum extern float for goto if inline int long register " \
	    "restrict return short signed sizeof static struct switch " \
	    "typedef union unsigned void volatile while bool", words, " ")
	for (i in words)
		reserved[words[i]] = 1
	state = ""
	if (part !~ /^(header|calls|statements|list)$/) {
		print "compile.awk: -v part=header, calls, statements " \
		    "or list" | "cat 1>&2"
		failed = 1
		exit 1
	}
}

FNR == 1 && state != "" {
	fail("statement " cur " of the file before does not end")
}
{ sub(/[ \t\r]+$/, "") }
/^-- *name:/ {
	sub(/^-- *name:/, "")
	start(trim($0))
	next
}
/^-- *(in|out|returns|protocol):/ {
	if (state != "header")
		fail("this line belongs between '-- name:' and the SQL")
	header($0)
	next
}
/^[ \t]*--/ || /^$/ { next }
{ body($0) }

# ------------------------------------------------------------------- output

function signature(i,    s) {
	s = "(struct ptn_db *db"
	if (nout[i] > 0)
		s = s ", struct ptn_arena *a"
	if (nin[i] > 0)
		s = s ",\n    const struct ptn_" names[i] "_in *in"
	if (returns[i] == "one")
		s = s ",\n    struct ptn_" names[i] "_out *out"
	else if (returns[i] == "many")
		s = s ",\n    struct ptn_" names[i] "_out **rows, size_t *n"
	else if (returns[i] == "count")
		s = s ",\n    uint64_t *affected"
	else if (returns[i] == "id")
		s = s ",\n    uint64_t *insert_id"
	return s ")"
}

function struct_of(i, dir, n,    k, name, type) {
	print "struct ptn_" names[i] "_" dir " {"
	for (k = 1; k <= n; k++) {
		name = dir == "in" ? member[i, k] : out_name[i, k]
		type = dir == "in" ? in_type[i, name] : out_type[i, name]
		print "\t" c_type[type] name ";"
	}
	print "};"
}

function write_header(    i) {
	print "/* Made by compile.awk of sql/queries/. */"
	print "#ifndef PTN_SQL_H\n#define PTN_SQL_H\n"
	print "#include <stddef.h>\n#include <stdint.h>\n"
	print "#include \"lib/base/arena.h\"\n#include \"lib/base/bytes.h\""
	print "#include \"lib/db/db.h\"\n#include \"lib/base/err.h\""
	print "#include \"lib/base/uuid.h\"\n\nenum ptn_stmt {"
	for (i = 1; i <= count; i++)
		print "\tPTN_STMT_" toupper(names[i]) ","
	print "\tPTN_STMT__MAX\n};"
	for (i = 1; i <= count; i++) {
		print ""
		if (nin[i] > 0)
			struct_of(i, "in", nmember[i])
		if (nout[i] > 0)
			struct_of(i, "out", nout[i])
		print "enum ptn_err ptn_sql_" names[i] signature(i) \
		    "\n    PTN_MUST_USE;"
	}
	print "\n#endif"
}

function table_of(i, dir, n,    k, name, type) {
	print "\nstatic const struct ptn_sql_col " names[i] "_" dir "[] = {"
	for (k = 1; k <= n; k++) {
		name = dir == "in" ? in_name[i, k] : out_name[i, k]
		type = dir == "in" ? in_type[i, name] : out_type[i, name]
		print "\t{ " enumerator[type] ", offsetof(struct ptn_" \
		    names[i] "_" dir ", " name ") },"
	}
	print "};"
}

# A SELECT may be run again when nobody knows whether it ran.
function reads(i,    s) {
	s = trim(text[i, 1])
	return s ~ /^SELECT([ \t]|$)/ ? "true" : "false"
}

# A SELECT that locks what it reads is for transactions.
function locks(i,    k, s) {
	for (k = 1; k <= lines[i]; k++)
		s = s " " text[i, k]
	s = unquoted(s)
	return s ~ / (FOR UPDATE|LOCK IN SHARE MODE)/ ? "true" : "false"
}

function row_of(i,    k) {
	print "\t[PTN_STMT_" toupper(names[i]) "] = {"
	print "\t\t.name = \"" names[i] "\","
	print "\t\t.text ="
	for (k = 1; k <= lines[i]; k++)
		print "\t\t    " c_string(text[i, k] \
		    (k < lines[i] ? " " : "")) (k < lines[i] ? "" : ",")
	if (nin[i] > 0)
		print "\t\t.in = " names[i] "_in, .nin = " nin[i] ","
	if (nout[i] > 0) {
		print "\t\t.out = " names[i] "_out, .nout = " nout[i] ","
		print "\t\t.out_size = sizeof(struct ptn_" names[i] "_out),"
	}
	print "\t\t.reads = " reads(i) ","
	print "\t\t.locks = " locks(i) ","
	print "\t\t.plain = " (protocol[i] == "text" ? "true" : "false") ","
	print "\t\t.other = " (protocol[i] == "other" ? "true" : "false") ","
	print "\t\t.lags = " (protocol[i] == "lag" ? "true" : "false") ","
	print "\t},"
}

function call_of(i,    in_, id) {
	in_ = nin[i] > 0 ? "in" : "NULL"
	id = "PTN_STMT_" toupper(names[i])
	print "\nenum ptn_err\nptn_sql_" names[i] signature(i) "\n{"
	if (returns[i] == "one") {
		print "\treturn ptn_db_one(db, a, " id ", " in_ ", out);"
	} else if (returns[i] == "many") {
		print "\tvoid *p = NULL;\n\tenum ptn_err r;\n"
		print "\tr = ptn_db_many(db, a, " id ", " in_ ","
		print "\t    sizeof(**rows), &p, n);"
		print "\t*rows = p;\n\treturn r;"
	} else {
		print "\treturn ptn_db_exec(db, " id ", " in_ ", " \
		    (returns[i] == "count" ? "affected" : "NULL") ", " \
		    (returns[i] == "id" ? "insert_id" : "NULL") ");"
	}
	print "}"
}

function write_statements(    i) {
	print "/* Made by compile.awk of sql/queries/. */"
	print "#include \"lib/db/sql.h\""
	for (i = 1; i <= count; i++) {
		if (nin[i] > 0)
			table_of(i, "in", nin[i])
		if (nout[i] > 0)
			table_of(i, "out", nout[i])
	}
	print "\nconst struct ptn_sql_stmt ptn_sql_stmts[] = {"
	for (i = 1; i <= count; i++)
		row_of(i)
	print "};\nconst size_t ptn_sql_stmts_n = PTN_STMT__MAX;"
}

function write_calls(    i) {
	print "/* Made by compile.awk of sql/queries/. */"
	print "#include \"lib/db/sql.h\""
	for (i = 1; i <= count; i++)
		call_of(i)
}

function write_list(    i, k, s) {
	for (i = 1; i <= count; i++) {
		s = names[i] "\t" protocol[i] "\t"
		for (k = 1; k <= nin[i]; k++)
			s = s (k > 1 ? " " : "") in_name[i, k] ":" \
			    in_type[i, in_name[i, k]]
		for (k = 1; k <= lines[i]; k++)
			s = s (k > 1 ? " " : "\t") text[i, k]
		print s
	}
}

END {
	if (failed)
		exit 1
	if (state != "")
		fail("statement " cur " does not end")
	if (count == 0)
		fail("no statement")
	if (part == "header")
		write_header()
	else if (part == "calls")
		write_calls()
	else if (part == "list")
		write_list()
	else
		write_statements()
}
