# Those of the named ports that somebody listens on, as the kernel tells: from
# /proc/net/tcp and tcp6, in which ports are hexadecimal and 0A is LISTEN.
#
#	awk -f ports.awk PORT...

function hex(s,    i, n) {
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789ABCDEF", substr(s, i, 1)) - 1
	return n
}

function read(file,    line, field, local) {
	while ((getline line <file) > 0) {
		split(line, field, " ")
		if (field[4] == "0A" && split(field[2], local, ":") == 2)
			taken[hex(local[2])] = 1
	}
}

BEGIN {
	read("/proc/net/tcp")
	read("/proc/net/tcp6")
	for (i = 1; i < ARGC; i++)
		if ((ARGV[i] + 0) in taken)
			print ARGV[i]
}
