# Make fcgi/cli/snippets.c of the examples for web servers, so that "postern
# snippet" prints what is shipped: -v top=SRCDIR/, files WEB/postern.conf.
# Plain POSIX awk.

function c_string(s,    i, c, out) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\\" || c == "\"")
			out = out "\\"
		out = out (c == "\t" ? "\\t" : c)
	}
	return "\"" out "\\n\""
}

function end_file() {
	if (open)
		print "\t},"
	open = 0
}

BEGIN {
	print "/* Made by snippets.awk of the examples in etc/. */"
	print "#include \"fcgi/cli/snippet.h\"\n"
	print "const struct ptn_snippet_text ptn_snippet_texts[] = {"
}
FNR == 1 {
	end_file()
	n = split(FILENAME, part, "/")
	printf "\t{ \"%s\",\n", part[n - 1]
	open = 1
	count++
}
{ print "\t    " c_string($0) }
END {
	end_file()
	print "};\nconst size_t ptn_snippet_texts_n = " count ";"
}
