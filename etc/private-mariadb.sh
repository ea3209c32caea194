#!/bin/sh
# A MariaDB of one's own: private data folder, unix socket, no network.
#
#	etc/private-mariadb.sh start DIR	until DIR/run/mariadb.sock answers
#	etc/private-mariadb.sh stop DIR
#
# Whoever can reach the socket is root there, without a password; only the
# user that it runs as can.  Data stays in DIR/data between runs.  Started by
# root it runs as www-data (or $POSTERN_RUN_USER), to whom DIR is given.
# $POSTERN_MARIADB_OPTIONS has further options for the server.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
. "$here/service.sh"

die() {
	echo "private-mariadb: $*" >&2
	exit 1
}

# Small, and quick to start and to copy; all else is the server's default.
options="--innodb-buffer-pool-size=64M --innodb-log-file-size=16M
    --innodb-autoextend-increment=4
    --performance-schema=OFF --skip-log-bin --skip-networking
    --skip-name-resolve --character-set-server=utf8mb4
    ${POSTERN_MARIADB_OPTIONS:-}"

# A tmpdir of its own: a server that starts removes what looks like the
# temporary tables of another in the one that they share.
create() {
	mkdir -m 0700 "$1"
	give "$1"
	# By force: it would look the host up, which has no need of a name.
	# shellcheck disable=SC2086
	as_user mariadb-install-db --no-defaults --force --datadir="$1" \
	    --tmpdir="$3" --auth-root-authentication-method=normal --skip-test-db \
	    $options >"$2" 2>&1 </dev/null || {
		tail -n 20 "$2" >&2
		die "mariadb-install-db failed"
	}
}

# Whoever is at the other end of this socket needs no certificate; a client
# of 11.4 and later asks for a good one wherever the server has TLS.  A node of
# a cluster that is not ready answers, but not about tables.
answers() {
	mariadb --no-defaults --skip-ssl-verify-server-cert \
	    --socket="$1/run/mariadb.sock" -u root -e 'SELECT 1 FROM mysql.db LIMIT 1' >/dev/null 2>&1
}

start() {
	mkdir -p "$1/log" "$1/run" "$1/tmp"
	chmod 0700 "$1/run"
	give "$1/log" "$1/run" "$1/tmp"
	! service_alive "$1" mariadb || die "$1: runs already"
	[ -e "$1/data/.complete" ] || {
		rm -rf "$1/data"
		create "$1/data" "$1/log/install-db.log" "$1/tmp"
		: >"$1/data/.complete"
	}
	rm -f "$1/run/mariadb.sock"
	# shellcheck disable=SC2086
	service_start "$1" mariadb mariadbd --no-defaults \
	    --datadir="$1/data" --socket="$1/run/mariadb.sock" \
	    --tmpdir="$1/tmp" --pid-file="$1/run/mariadbd.pid" $options
	tries=600
	until answers "$1"; do
		tries=$((tries - 1))
		if [ $tries = 0 ] || ! service_alive "$1" mariadb; then
			tail -n 20 "$1/log/mariadb.log" >&2
			service_stop "$1" mariadb
			die "mariadbd did not start"
		fi
		sleep 0.05
	done
}

[ $# = 2 ] || die "usage: private-mariadb.sh start|stop DIR"
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
[ ${#dir} -le 90 ] || die "$dir: too long for a unix socket"
case $1 in
start) start "$dir" ;;
stop) service_stop "$dir" mariadb 60 ;;
*) die "$1: neither start nor stop" ;;
esac
