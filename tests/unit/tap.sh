# Sourced by shell tests: what they found, as TAP.  POSIX sh.  Whoever sources
# it sets
#
#	dir	a folder for what a check says
#
# and ends with "exit $failed".
n=0
failed=0

check() { # NAME COMMAND...
	what=$1
	shift
	n=$((n + 1))
	if ("$@") >"$dir/said" 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		head -n 20 "$dir/said" | sed 's/^/# /'
		failed=1
	fi
}
