# Sourced by quickstart and private-mariadb.sh: processes that outlive the
# script which starts them.  POSIX sh.
#
# Each service NAME of a folder has its own session, a log DIR/log/NAME.log,
# and a file DIR/run/NAME.pid that says "PID START": the start time tells our
# process from a later one that was given the same number.

# Root hands everything that runs for long to this user.
service_user=${POSTERN_RUN_USER:-www-data}
if [ "$(id -u)" = 0 ]; then
	id -u "$service_user" >/dev/null 2>&1 || service_user=nobody
	service_group=$(id -g "$service_user")
	as_user() {
		setpriv --reuid="$service_user" --regid="$service_group" \
		    --init-groups -- env HOME="${service_home:-/nonexistent}" "$@"
	}
	give() {
		chown -Rh "$service_user:$service_group" "$@"
	}
else
	as_user() { "$@"; }
	give() { :; }
fi

# "SESSION START" of a process.  One that only waits for its parent to ask
# how it ended counts as gone.
proc_stat() {
	proc_line=
	{ read -r proc_line <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The name, in parentheses, may hold anything.
	# shellcheck disable=SC2086
	set -- ${proc_line##*) }
	[ "$1" != Z ] || return 1
	shift 3
	echo "$1 ${17}"
}

# Whether process $1, started at $2, is there.
proc_alive() {
	proc_found=$(proc_stat "$1") || return 1
	[ "${proc_found#* }" = "$2" ]
}

# Members of session $1.  The shell would read these files byte by byte, which
# was most of what it cost to stop an instance.  Of each its first line: a
# process may have given itself a name with another one in it.
proc_session() {
	head -q -n 1 /proc/[0-9]*/stat 2>/dev/null | awk -v session="$1" '
		match($0, /.*\) /) {
			pid = $1 + 0
			split(substr($0, RLENGTH + 1), field, " ")
			if (field[1] != "Z" && field[4] == session)
				print pid
		}'
}

# service_start DIR NAME COMMAND...
service_start() {
	service_dir=$1 service_name=$2
	shift 2
	service_log=$service_dir/log/$service_name.log
	service_pid=$service_dir/run/$service_name.pid
	: >>"$service_log"
	give "$service_log"
	if [ "$(id -u)" = 0 ]; then
		set -- setpriv --reuid="$service_user" \
		    --regid="$service_group" --init-groups -- \
		    env HOME="$service_dir" "$@"
	fi
	# Nothing of the caller's is inherited but the working directory.
	setsid "$@" </dev/null >>"$service_log" 2>&1 8>&- 9>&- &
	proc_found=$(proc_stat $!) || proc_found="0 0"
	echo "$! ${proc_found#* }" >"$service_pid"
}

service_alive() {
	service_id=0 service_at=0
	{ read -r service_id service_at <"$1/run/$2.pid"; } 2>/dev/null ||
	    return 1
	proc_alive "$service_id" "$service_at"
}

# service_stop DIR NAME [SECONDS]: TERM, then KILL; also what a killed leader
# left behind.  Nothing to stop is success.
service_stop() {
	service_id=0 service_at=0
	[ -s "$1/run/$2.pid" ] || return 0
	read -r service_id service_at <"$1/run/$2.pid" || :
	rm -f "$1/run/$2.pid"
	# Another process of this number: ours, and its session, are gone.
	if ! proc_alive "$service_id" "$service_at" &&
	    proc_stat "$service_id" >/dev/null; then
		return 0
	fi
	kill -TERM "$service_id" 2>/dev/null || :
	service_tries=$((${3:-20} * 20))
	while proc_alive "$service_id" "$service_at" &&
	    [ $service_tries -gt 0 ]; do
		sleep 0.05
		service_tries=$((service_tries - 1))
	done
	service_rest=$(proc_session "$service_id")
	[ -n "$service_rest" ] || return 0
	# shellcheck disable=SC2086
	kill -KILL $service_rest 2>/dev/null || :
}
