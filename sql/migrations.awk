# Make lib/db/migrations.c of sql/migrations/NNNN-name.sql, given in order.
# Plain POSIX awk.  Comment lines are left out, so that a comment may be
# mended after its migration was applied; a statement ends at a line that ends
# in ";".

function fail(msg) {
	print FILENAME ":" FNR ": " msg | "cat 1>&2"
	failed = 1
	exit 1
}

function c_string(s,    i, c, out) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\" || c == "\"")
			out = out "\\"
		out = out c
	}
	return "\"" out "\\n\""
}

function begin_file(    path, n, part) {
	end_file()
	n = split(FILENAME, path, "/")
	if (path[n] !~ /^[0-9][0-9][0-9][0-9]-[a-z0-9-]+\.sql$/)
		fail("the name is not NNNN-name.sql")
	split(path[n], part, /[-.]/)
	if (part[1] + 0 != ++count)
		fail("expected migration number " count)
	name = path[n]
	sub(/^[0-9]*-/, "", name)
	sub(/\.sql$/, "", name)
	out = out "\t{ " count ", \"" name "\",\n"
	body = tables = ""
	open = 0
}

function end_file() {
	if (count == 0)
		return
	if (open)
		fail("the last statement of migration " count " does not end")
	if (body == "")
		fail("migration " count " has no statement")
	out = out body "\t    , \"" tables "\" },\n"
}

FNR == 1 { begin_file() }
{ sub(/[ \t\r]+$/, "") }
/^[ \t]*--/ || /^$/ { next }
{
	body = body "\t    " c_string($0) "\n"
	open = $0 !~ /;$/
	if (/^CREATE TABLE /)
		tables = tables (tables == "" ? "" : " ") $3
}
END {
	if (failed)
		exit 1
	if (count == 0)
		fail("no migration")
	end_file()
	print "/* Made by migrations.awk of sql/migrations/. */"
	print "#include \"lib/db/migrations.h\"\n"
	print "const struct ptn_migration ptn_migrations[] = {"
	printf "%s", out
	print "};\nconst int ptn_migrations_n = " count ";"
}
