#!/bin/sh
#
# Dependencies point down only, and every library has one owner:
#
#   a folder of lib/ includes itself and those before it in one order;
#   lib/ never includes fcgi/, and names no status of HTTP;
#   a header that passes the configuration on does not include it;
#   a family (fcgi/public, fcgi/dfns, ...) never includes another;
#   fcgi/*.c never includes a family, but for the route table;
#   a third-party header is included by one .c of lib/ and fcgi/
#   (OpenSSL: crypto.c, kdf.c, ossl.c, pubkey.c, totp.c, x509.c; libmariadb: conn.c,
#   and bind.c, connect.c and pair.c, which do a part of what it does; libcurl:
#   three programs).
#
# usage: layers.sh [TOP]
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
cd "$top" || exit 2
failed=0

complain() {
	echo "layers.sh: $*" >&2
	failed=1
}

# FILE HEADER of every include, < > and " " kept.
includes() {
	find "$@" -type f \( -name '*.[ch]' -o -name '*.inc' \) | LC_ALL=C sort | xargs awk '
		/^[ \t]*#[ \t]*include[ \t]*[<"][^>"]*[>"]/ {
			sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
			match($0, /^[<"][^>"]*[>"]/)
			print FILENAME, substr($0, 1, RLENGTH)
		}'
}

# THE order of the folders of lib/: each may include itself and those before it.
order='base crypto/argon2 format conf crypto db webauthn event mail account dfns flow'

# "FILE HEADER" of every include inside lib/ that runs against the order, and
# of what has no room.
found=$(includes lib | awk -v order="$order" '
	BEGIN {
		n = split(order, name, " ")
		for (i = 1; i <= n; i++)
			rank[name[i]] = i
	}
	function room_of(file) {
		return sub(/^lib\//, "", file) && sub(/\/[^\/]*$/, "", file) ?
		    file : "none"
	}
	$2 !~ /^"/ || $2 == "\"config.h\"" { next }
	{
		to = $2
		gsub(/"/, "", to)
		a = room_of($1); b = room_of(to)
		if (!(a in rank) || !(b in rank) || rank[b] > rank[a])
			print $1, "(" a ")", to, "(" b ")"
	}')
[ -z "$found" ] || complain "lib/ runs against the order of its folders:
$found"

# A new key rebuilds those who read keys, not whoever passes them on.
found=$(includes lib fcgi | grep '\.h "lib/conf/conf\.h"' |
    grep -v '^lib/conf/')
[ -z "$found" ] || complain "say \"struct ptn_conf;\" instead of including it:
$found"

found=$(includes lib | grep ' "\(\.\./\)*fcgi/')
[ -z "$found" ] || complain "lib/ includes fcgi/:
$found"

# What HTTP calls an error is the wire's business: a table of fcgi/reply.c.
statuses=$(sed -n 's/^#define WIRE_[A-Z_]* *{ \([0-9]*\),.*/\1/p' fcgi/reply.c |
    sort -u | paste -s -d '|' -)
if [ -n "$statuses" ]; then
	found=$(find lib -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort |
	    xargs grep -nwE "($statuses)" | grep -v '^[^:]*:[0-9]*:#define ')
	[ -z "$found" ] || complain "a status of HTTP in lib/:
$found"
else
	complain "fcgi/reply.c has no statuses"
fi

for family in public dfns flow admin cli; do
	[ -d "fcgi/$family" ] || continue
	found=$(includes "fcgi/$family" |
	    grep -E ' "fcgi/(public|dfns|flow|admin|cli)/' |
	    grep -v " \"fcgi/$family/")
	[ -z "$found" ] || complain "fcgi/$family/ includes another family:
$found"
done

found=$(includes fcgi | grep -E '^fcgi/[a-z_]+\.[ch] "fcgi/(public|dfns|flow|admin)/' |
    grep -v '^fcgi/routes\.c ')
[ -z "$found" ] || complain "only routes.c may know the families:
$found"

# What happens to accounts is told in lib/, and so are its transactions.
found=$(find fcgi -type f -name '*.[ch]' | LC_ALL=C sort |
    xargs grep -nE '\bptn_(db_)?tx(_single)?\(')
[ -z "$found" ] || complain "a transaction outside of lib/:
$found"

# Headers of other people's libraries: what pkg-config's packages bring.
foreign='fcgi[a-z_]*\.h|fastcgi\.h|json-c/|json\.h|argon2\.h|openssl/|crypt\.h|mysql|mariadb|yaml\.h|idn2\.h|uni[a-z]*\.h|curl/|cbor|fido|qrencode\.h|png\.h'
owners=$(includes lib fcgi | grep -E " <($foreign)" | grep -v ' <unistd\.h>' |
    sed -E 's/ <(fcgi|fastcgi)[^>]*>/ libfcgi/
	s/ <(json-c\/|json)[^>]*>/ json-c/
	s/ <argon2[^>]*>/ libargon2/
	s/ <openssl\/[^>]*>/ OpenSSL/
	s/ <crypt\.h>/ libcrypt/
	s/ <(mysql|mariadb)[^>]*>/ libmariadb/
	s/ <cbor[^>]*>/ libcbor/
	s/ <yaml[^>]*>/ libyaml/
	s/ <idn2[^>]*>/ libidn2/
	s/ <uni[^>]*>/ libunistring/
	s/ <curl\/[^>]*>/ libcurl/
	s/ <qrencode\.h>/ libqrencode/
	s/ <png\.h>/ libpng/' | sort -u)
found=$(echo "$owners" | grep '\.h ')
[ -z "$found" ] || complain "a header includes a library's header:
$found"
for library in $(echo "$owners" | awk '{ print $2 }' | sort -u); do
	files=$(echo "$owners" |
	    awk -v l="$library" '$2 == l { printf " %s", $1 }')
	case $library:$files in
	'OpenSSL: lib/crypto/crypto.c lib/crypto/kdf.c lib/crypto/key.c lib/crypto/ossl.c lib/crypto/pubkey.c lib/crypto/totp.c lib/crypto/x509.c') ;;
	'libmariadb: lib/db/bind.c lib/db/conn.c lib/db/connect.c lib/db/pair.c') ;;
	'libcurl: fcgi/fetch.c fcgi/hook.c fcgi/smtp.c fcgi/smtp_ask.c fcgi/smtp_many.c') ;;
	*:' '*' '*) complain "$library has more than one owner:$files" ;;
	esac
done

exit $failed
