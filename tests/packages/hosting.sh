# usage: hosting.sh PORT MAIL_PORT
#
# Within a root: a host with one customer, until there is a file /srv/stop.  The
# customer has a folder, a database, Apache with mod_fcgid and cron, and nothing
# else.  Says "up" when all runs.  POSIX sh.
set -eu

port=$1
mail_port=$2
home=/srv/customer

# Programs of the customer get no more than cron and Apache give.
customer() {
	setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs \
	    env -i HOME="$home" PATH=/usr/bin:/bin "$@"
}

database() {
	install -d -o mysql -g mysql /run/mysqld
	mariadbd --user=mysql --skip-networking >/srv/mariadb.log 2>&1 &
	for try in $(seq 150); do
		mariadb -e 'SELECT 1' >/dev/null 2>&1 && break
		sleep 0.2
	done
	mariadb -e "SET foreign_key_checks = 0;
	    CREATE OR REPLACE DATABASE customer CHARACTER SET utf8mb4;
	    CREATE OR REPLACE USER customer@localhost IDENTIFIED BY 'web space';
	    GRANT ALL ON customer.* TO customer@localhost;
	    SELECT CONCAT('MariaDB ', VERSION())" -N
}

# What the host's owner has set up, and its customers cannot change.
apache() {
	dir=/srv/apache
	rm -rf "$dir"
	install -d -o 1000 -g 1000 "$dir"
	cat >"$dir.conf" <<END
ServerRoot "$dir"
ServerName localhost
PidFile "$dir/pid"
DefaultRuntimeDir "$dir"
ErrorLog "$dir/error.log"
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule fcgid_module /usr/lib/apache2/modules/mod_fcgid.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule rewrite_module /usr/lib/apache2/modules/mod_rewrite.so
TypesConfig /etc/mime.types
Listen 127.0.0.1:$port
FcgidIPCDir "$dir/ipc"
FcgidProcessTableFile "$dir/ipc.table"
FcgidMaxProcesses 4
DocumentRoot "$home/www"
<Directory "$home/www">
	Options SymLinksIfOwnerMatch
	AllowOverride FileInfo AuthConfig Options=ExecCGI
	Require all granted
</Directory>
END
	customer /usr/sbin/apache2 -DFOREGROUND -f "$dir.conf" \
	    >"$dir.out" 2>&1 &
}

cron() {
	while [ ! -e /srv/stop ]; do
		customer "$home/postern/postern" courier --once || :
		sleep 1
	done >/srv/cron.log 2>&1
}

# What the customer has cron do once.
setup() {
	customer "$home/postern/postern" \
	    --set email_delivery.smtp.tls=none \
	    setup --url "http://localhost:$port/id" --name 'A web space' \
	    --database mariadb://customer@localhost/customer \
	    --database-password-file "$home/password" \
	    --mail "localhost:$mail_port" --mail-from noreply@example.org
}

database
setup
customer "$home/postern/postern" migrate up
customer "$home/postern/postern" config check
# Nobody but cron sends this: there is no worker yet.
customer "$home/postern/postern" org create "A club" club@example.org
customer "$home/postern/postern" courier --once
customer "$home/postern/postern" --set password.import.allow="argon2,bcrypt,\
scrypt,pbkdf2,firebase,sha-crypt,yescrypt,wordpress,phpass,ldap,mysql" \
    user import "$home/members.json"
apache
echo up
cron
