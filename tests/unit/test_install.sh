#!/bin/sh
#
# "make install": what a user needs lies in its place and knows where the rest
# is; what systemd, AppArmor, fail2ban and bash are given is what they take.
#
# usage: test_install.sh [TOP]; $builddir or $POSTERN_BUILD is the build.
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
build=${POSTERN_BUILD:-${builddir:-$top/build/dev}}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
dest=$dir/root
PATH=$PATH:/usr/sbin:/sbin
. "$top/tests/unit/tap.sh"

# A variable of the makefile; those of make that runs this test are not meant.
makefile() {
	MAKEFLAGS='' MFLAGS='' make -s -C "$build" DESTDIR="$dest" "$@"
}
value() {
	printf 'include Makefile\nptn-value:\n\t@echo $(%s)\n' "$1" \
	    >"$dir/value.mk"
	makefile -f "$dir/value.mk" ptn-value
}

has() {
	for file in "$@"; do
		[ -s "$dest$file" ] || { echo "$file is missing" && return 1; }
	done
}

everything() {
	has "$bindir/postern" "$pkglibexecdir/postern-smtp" \
	    "$pkglibexecdir/postern-fetch" \
	    "$pkglibexecdir/postern-hook" \
	    "$pkgdatadir/openapi.yaml" "$pkgdatadir/mail/en.lang" \
	    "$pkgdatadir/page/index.html" "$pkgdatadir/page/app.js" \
	    "$pkgdatadir/page/members/whoami.php" \
	    "$docdir/README" "$docdir/NEWS" "$docdir/COPYING" \
	    "$docdir/examples/postern.yaml" \
	    "$docdir/examples/apache/htaccess" \
	    "$docdir/examples/apache/postern.conf" \
	    "$docdir/examples/lighttpd/postern.conf" \
	    "$docdir/examples/nginx/postern.conf" \
	    "$docdir/examples/cron/postern" \
	    "$docdir/examples/fail2ban/filter.conf" \
	    "$docdir/examples/grafana/postern.json" \
	    "$docdir/examples/prometheus/postern.rules.yml" \
	    "$prefix/lib/systemd/system/postern.service" \
	    "$prefix/lib/systemd/system/postern.socket" \
	    "$prefix/lib/systemd/system/postern-admin.socket" \
	    "$prefix/lib/systemd/system/postern-authorizer.socket" \
	    "$prefix/lib/sysusers.d/postern.conf" \
	    "$prefix/lib/tmpfiles.d/postern.conf" \
	    "$mandir/man8/postern.8" "$mandir/man5/postern.yaml.5" &&
	    [ -d "$dest$sysconfdir/postern" ]
}

# Every file of the page, so that none is forgotten.
whole_page() {
	(cd "$top/etc/page" && find . -path ./admin -prune -o -type f -print) |
	    LC_ALL=C sort >"$dir/page"
	(cd "$dest$pkgdatadir/page" && find . -type f) | LC_ALL=C sort |
	    diff "$dir/page" - &&
	    diff -r "$top/etc/page/admin" "$dest$pkgdatadir/admin" &&
	    [ -z "$(find "$dest$pkgdatadir/admin" -type l)" ]
}

# Paths that nobody put in would stand as @name@.
configured() {
	! grep -rIlE '@[a-z]+@' "$dest$docdir/examples" \
	    "$dest$prefix/lib/systemd" &&
	    grep -q "^ExecStart=$bindir/postern serve" "$units/postern.service" &&
	    grep -q "$pkgdatadir/page" "$dest$docdir/examples/apache/postern.conf"
}

# The folder of a socket is never the service's RuntimeDirectory: systemd gives
# that to User and Group, and all that is in it, when it was made by root.
socket_keeps_group() {
	sed -n 's|^ListenStream=/run/\(.*\)/[^/]*$|\1|p' "$units"/*.socket \
	    >"$dir/folders"
	grep . "$dir/folders" || return 1
	sed -n 's/^RuntimeDirectory=//p' "$units/postern.service" | tr ' ' '\n' |
	    grep -xFf "$dir/folders" && return 1
	grep -q '^d /run/postern 0755 postern postern' \
	    "$dest$prefix/lib/tmpfiles.d/postern.conf"
}

# With programs that are there: whether ours are is not the question.
copy_units() {
	mkdir "$dir/units"
	for unit in "$units"/*; do
		sed "s|$bindir/postern|/bin/true|" "$unit" \
		    >"$dir/units/$(basename "$unit")"
	done
}

verified() {
	systemd-analyze verify --man=no "$dir"/units/* 2>&1 |
	    grep -F "$dir" >"$dir/verify"
	! grep . "$dir/verify"
}

# systemd's own measure of what a service may do, 0 to 10.
exposed() {
	systemd-analyze security --offline=true --no-pager \
	    "$dir/units/postern.service" >"$dir/security" || return 1
	level=$(sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p' \
	    "$dir/security")
	echo "exposure: $level"
	[ -n "$level" ] && awk "BEGIN { exit !($level <= 1.7) }"
}

# What makes systemd set NoNewPrivileges by itself, says systemd.exec(5): of
# those that the unit has, none is left by the drop-in.
privileged() {
	sed -n 's/^\([A-Za-z]*\)=.*/\1/p' "$units/postern.service" | sort -u |
	    grep -xE 'NoNewPrivileges|SystemCallFilter|SystemCallArchitectures|RestrictAddressFamilies|RestrictNamespaces|RestrictFileSystems|PrivateDevices|ProtectKernelTunables|ProtectKernelModules|ProtectKernelLogs|ProtectClock|MemoryDenyWriteExecute|RestrictRealtime|RestrictSUIDSGID|DynamicUser|LockPersonality|ProtectHostname' \
	    >"$dir/implies"
	[ "$(wc -l <"$dir/implies")" -gt 5 ] || return 1
	sed -n 's/^\([A-Za-z]*\)=\(no\)\{0,1\}$/\1/p' \
	    "$dest$docdir/examples/systemd/sendmail.conf" | sort -u |
	    comm -23 "$dir/implies" - >"$dir/left"
	! grep . "$dir/left"
}

profile() {
	apparmor_parser --skip-kernel-load --skip-read-cache --skip-cache \
	    --quiet "$dest$docdir/examples/apparmor/postern"
}

# The .rpm is built with what configure asks pkg-config for, and as new.
asked_of_fedora() {
	sed -n 's/^PKG_CHECK_MODULES(\[[A-Z0-9]*\], \[\([^]]*\)\].*/\1/p' \
	    "$top/configure.ac" | sed 's/^\([^ ]*\)/pkgconfig(\1)/' |
	    grep -v '^pkgconfig(fcgi)' | LC_ALL=C sort >"$dir/asked"
	sed -n 's/^BuildRequires:  *\(pkgconfig(.*\)/\1/p' \
	    "$top/etc/rpm/postern.spec" | LC_ALL=C sort |
	    diff "$dir/asked" - && grep -q . "$dir/asked" &&
	    grep -q '^BuildRequires:  *fcgi-devel' "$top/etc/rpm/postern.spec"
}

# guesses LINES: how many addresses fail2ban finds in them, and which.
guesses() {
	mkdir -p "$dir/filter.d"
	cp /etc/fail2ban/filter.d/common.conf "$dir/filter.d/"
	cp "$top/etc/fail2ban/filter.conf" "$dir/filter.d/postern.conf"
	fail2ban-regex --no-check-all -o ip "$1" "$dir/filter.d/postern.conf" \
	    >"$dir/found" 2>"$dir/said"
	grep . "$dir/found"
}

line() { # TYPE MEMBERS...
	printf '{"audience":"audit","type":"%s",%s%s}\n' "$1" "$2" \
	    ',"time":"2026-11-30T00:43:27.388893Z","time_unix":1795999407'
}

filter() {
	{
		line password_login_failed \
		    '"error":"no","http_request_id":"a","source_ip":"192.0.2.1","user_agent":null'
		line passcode_login_final_failed \
		    '"http_request_id":"a","source_ip":"2001:db8::1","user_agent":"x"'
		# Said by the client, and not its address.
		line password_login_failed \
		    '"error":"\",\"source_ip\":\"192.0.2.66\"","http_request_id":"\"source_ip\":\"192.0.2.66\"","source_ip":"192.0.2.2","user_agent":"\"source_ip\":\"192.0.2.66\""'
		# No guess, or nobody known.
		line password_login_succeeded \
		    '"http_request_id":"a","source_ip":"192.0.2.3"'
		line user_logged_out \
		    '"http_request_id":"a","source_ip":"192.0.2.4","user_agent":"{\"audience\":\"audit\",\"type\":\"password_login_failed\",\"source_ip\":\"192.0.2.67\"}"'
		line password_login_failed \
		    '"http_request_id":"a","source_ip":null'
	} >"$dir/lines"
	# As the journal has them for fail2ban, and as they are in a file.
	guesses "$dir/lines"
	printf '192.0.2.1\n2001:db8::1\n192.0.2.2\n' | diff - "$dir/found" ||
	    return 1
	sed 's/^/Nov 30 00:43:27 host postern[42]: /' "$dir/lines" \
	    >"$dir/journal"
	guesses "$dir/journal"
	printf '192.0.2.1\n2001:db8::1\n192.0.2.2\n' | diff - "$dir/found"
}

# completes EXPECTED WORDS...: the last word is the one that is completed.
completes() {
	bash -c '
		. "$1" && shift
		expected=$1 && shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_postern
		echo "${COMPREPLY[*]}"
		case " ${COMPREPLY[*]} " in *" $expected "*) ;; *) exit 1 ;; esac
		' bash "$dest$datadir/bash-completion/completions/postern" "$@"
}

completion() {
	program=$build/postern
	completes serve "$program" se &&
	    completes migrate "$program" '' &&
	    completes up "$program" -c /dev/null migrate '' &&
	    completes check "$program" config ch &&
	    completes --config "$program" --c &&
	    ! completes up "$program" config ''
}

removed() {
	makefile uninstall >/dev/null || return 1
	! find "$dest" ! -type d | grep .
}

prefix=$(value prefix) bindir=$(value bindir) docdir=$(value docdir)
pkgdatadir=$(value pkgdatadir) pkglibexecdir=$(value pkglibexecdir)
sysconfdir=$(value sysconfdir) mandir=$(value mandir) datadir=$(value datadir)
units=$dest$prefix/lib/systemd/system

check 'installs' makefile install
check 'all that a user needs' everything
check 'the whole page' whole_page
check 'with the paths of this build' configured
copy_units
check 'systemd takes the units' verified
check 'and finds little exposed' exposed
check 'its sockets keep their group' socket_keeps_group
check 'sendmail may be set-group-id, if told so' privileged
check 'Fedora is asked for what configure wants' asked_of_fedora
check 'AppArmor takes the profile' profile
check 'fail2ban finds who guesses' filter
check 'bash completes' completion
check 'uninstalls' removed
echo "1..$n"
exit $failed
