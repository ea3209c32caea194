# What gcov says of each object as one line a source: "PERCENT% LINES FILE".
# top: what stands before lib/ in the names of sources.
# A header counts with the object that says most of it.

BEGIN { sort = "LC_ALL=C sort -n" }
/^File / {
	file = $2
	gsub(/\047/, "", file)
	if (index(file, top) == 1)
		file = substr(file, length(top) + 1)
	if (file !~ /^(lib|fcgi)\//)
		file = ""
}
/^Lines executed:/ && file != "" {
	split($2, part, /[:%]/)
	if (!(file in percent) || part[2] > percent[file])
		percent[file] = part[2]
	lines[file] = $4
	file = ""
}
END {
	for (file in percent) {
		printf "%6.2f%% %5d %s\n", percent[file], lines[file], file | sort
		ran += percent[file] / 100 * lines[file]
		all += lines[file]
	}
	close(sort)
	if (all > 0)
		printf "%6.2f%% %5d in all\n", 100 * ran / all, all
	else
		print "no counts: configure --enable-coverage, run something"
}
