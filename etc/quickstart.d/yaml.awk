# Make YAML of "path.of.a.key=value" lines, sorted by path; the types are in
# conf.def, which is read first.

FILENAME ~ /conf\.def$/ {
	if (match($0, /^PTN_CONF_[A-Z]+/)) {
		type = substr($0, 10, RLENGTH - 9)
		if (match($0, /"[a-z0-9_.]+"/))
			types[substr($0, RSTART + 1, RLENGTH - 2)] = type
		if (type ~ /^(CLAIMS|HOOKS)$/ && match($0, /"[a-z0-9_.]+\*"/))
			trees[substr($0, RSTART + 1, RLENGTH - 3)] = 1
	}
	next
}

# By character: what gsub() makes of backslashes is not the same everywhere.
function quoted(s,    i, c, out) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		out = out (c == "\\" || c == "\"" ? "\\" : "") c
	}
	return "\"" out "\""
}

function list(s,    n, i, item, out) {
	n = s == "" ? 0 : split(s, item, ",")
	for (i = 1; i <= n; i++)
		out = out (i > 1 ? ", " : "") quoted(item[i])
	return "[" out "]"
}

# Of a tree, where a text may be a number, or [a,b] a list.
function leaf(s) {
	if (s ~ /^\[.*\]$/)
		return list(substr(s, 2, length(s) - 2))
	return s ~ /^(-?[0-9]+(\.[0-9]+)?|true|false)$/ ? s : quoted(s)
}

function value(path, s,    tree) {
	for (tree in trees)
		if (index(path, tree) == 1)
			return leaf(s)
	if (types[path] == "LIST" || types[path] == "SECRETS")
		return list(s)
	if (types[path] ~ /^(BOOL|INT|OCTAL|SECONDS|ENUM)$/ &&
	    s ~ /^[A-Za-z0-9_.-]+$/)
		return s
	return quoted(s)
}

{
	at = index($0, "=")
	path = substr($0, 1, at - 1)
	n = split(path, key, ".")
	for (i = 1; i < n && key[i] == last[i]; i++)
		;
	for (; i < n; i++) {
		printf "%*s%s:\n", 2 * (i - 1), "", key[i]
		last[i] = key[i]
	}
	printf "%*s%s: %s\n", 2 * (n - 1), "", key[n],
	    value(path, substr($0, at + 1))
	for (i = n; i in last; i++)
		delete last[i]
}
