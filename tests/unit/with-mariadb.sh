#!/bin/sh
# with-mariadb.sh COMMAND [ARGUMENT]...
#
# Run a command beside a private MariaDB of its own: a fresh data directory,
# a unix socket, no network, gone afterwards.  The command finds
#
#   POSTERN_TEST_DB_SOCKET  the socket; user root, empty password
#   POSTERN_TEST_DB_NAME    an empty database
#   POSTERN_TEST_DB_PID     the server's process, which a test may stop,
#                           continue and kill
#   POSTERN_TEST_DB_START   a program that starts it again after a kill
#
# Its global settings are those of hostile.sql, until it is started again: a
# connection that does not say what it relies on fails.
#
# Exit status: the command's; 99 if the server does not start.  Started by
# root, the server runs as nobody.  With $POSTERN_TEST_TEMPLATE the fresh
# folder is kept there, for others to begin with a copy of it.
set -u

[ $# -gt 0 ] || { echo "usage: with-mariadb.sh COMMAND..." >&2; exit 99; }
PATH=$PATH:/usr/sbin:/usr/libexec
here=$(cd "$(dirname "$0")" && pwd) || exit 99

# Short: a socket's path has at most 107 bytes.
dir=$(mktemp -d /tmp/ptndb.XXXXXX) || exit 99
as_user=
if [ "$(id -u)" -eq 0 ]; then
	chown nobody "$dir"
	chmod 755 "$dir"
	as_user="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"
fi

# Nobody will want its data again, so it need not write them down.
stop() {
	pid=$(cat "$dir/pid" 2>/dev/null)
	[ -z "$pid" ] || kill -KILL "$pid" 2>/dev/null
	# It may have been making a file just now.
	rm -rf "$dir" 2>/dev/null || { sleep 0.1 && rm -rf "$dir"; }
}
trap stop EXIT
trap 'exit 99' HUP INT TERM

cat > "$dir/my.cnf" <<END
[mysqld]
datadir=$dir/data
socket=$dir/sock
pid-file=$dir/pid
log-error=$dir/log
tmpdir=$dir
skip-networking
skip-log-bin
skip-name-resolve
performance-schema=OFF
innodb-buffer-pool-size=32M
innodb-log-file-size=8M
innodb-autoextend-increment=4
innodb-flush-method=nosync
innodb-fast-shutdown=2
aria-pagecache-buffer-size=8M
key-buffer-size=8K
max-connections=40
character-set-server=latin1
character-set-client-handshake=OFF
END

# A server that was killed and is started again finds its tables here.
cat > "$dir/start" <<END
#!/bin/sh
PATH=\$PATH:/usr/sbin:/usr/libexec
$as_user mariadbd --defaults-file=$dir/my.cnf </dev/null >>$dir/out 2>&1 &
i=0
while ! [ -S $dir/sock ] || ! $as_user mariadb-admin --no-defaults \\
    --socket=$dir/sock --user=root ping >/dev/null 2>&1; do
	i=\$((i + 1))
	[ \$i -lt 300 ] || exit 1
	sleep 0.05
done
END
chmod 755 "$dir/start"

install_db() {
	$as_user mariadb-install-db --no-defaults --datadir="$dir/data" \
	    --auth-root-authentication-method=normal --skip-test-db \
	    --innodb-buffer-pool-size=32M --innodb-log-file-size=8M \
	    --innodb-autoextend-increment=4 --innodb-flush-method=nosync \
	    --tmpdir="$dir" >"$dir/install" 2>&1
}

# The first one makes it; the copy has another name until it is whole.
kept_data() {
	exec 9>"$1/lock"
	flock 9
	if [ -d "$1/data" ]; then
		cp -a --sparse=always "$1/data" "$dir/data" || return 1
	else
		install_db && rm -rf "$1/new" &&
		    cp -a --sparse=always "$dir/data" "$1/new" &&
		    mv "$1/new" "$1/data" || return 1
	fi
	exec 9>&-
}

data() {
	if [ -n "${POSTERN_TEST_TEMPLATE:-}" ]; then
		kept_data "$POSTERN_TEST_TEMPLATE/fresh"
	else
		install_db
	fi
}

if ! data || ! "$dir/start"; then
	cat "$dir/install" "$dir/log" >&2 2>/dev/null
	exit 99
fi
mariadb --no-defaults --socket="$dir/sock" --user=root \
    -e 'CREATE DATABASE postern_test' || exit 99
mariadb --no-defaults --socket="$dir/sock" --user=root \
    < "$here/../lib/hostile.sql" || exit 99

POSTERN_TEST_DB_SOCKET=$dir/sock
POSTERN_TEST_DB_NAME=postern_test
POSTERN_TEST_DB_PID=$(cat "$dir/pid")
POSTERN_TEST_DB_START=$dir/start
export POSTERN_TEST_DB_SOCKET POSTERN_TEST_DB_NAME POSTERN_TEST_DB_PID
export POSTERN_TEST_DB_START

"$@"
