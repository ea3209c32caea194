#!/bin/sh
#
# The archive for web spaces: a program that is started by a loader of its own
# finds what belongs to it, wherever it lies and whatever it is called.  Whether
# that is so on other systems, and all of the archive, is tried by
# tests/packages/bundle.
#
# usage: test_bundle.sh [TOP]; $builddir or $POSTERN_BUILD is the build.
set -u
top=${1:-$(cd "$(dirname "$0")/../.." && pwd)} || exit 2
build=${POSTERN_BUILD:-${builddir:-$top/build/dev}}
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
home="$dir/some where/postern"
. "$top/tests/unit/tap.sh"

# As etc/package.d/bundle.sh puts it together, with the build that is here.
assemble() {
	loader=$(readelf -l "$build/postern" |
	    sed -n 's/.*program interpreter: \(.*\)]$/\1/p')
	mkdir -p "$home/lib" "$home/share" "$home/state" "$dir/some where/www/id"
	for file in $(ldd "$build/postern" "$build/postern-smtp" |
	    sed -n 's/.* => \(\/[^ ]*\).*/\1/p' | sort -u) "$loader"; do
		ln -s "$file" "$home/lib/"
	done
	rm "$home/lib/$(basename "$loader")"
	cp -L "$loader" "$home/lib/"
	cp "$build/postern" "$build/postern-smtp" "$home/lib/"
	for name in postern postern-smtp; do
		put postern "$home/$name"
	done
	put postern.fcgi "$dir/some where/www/id/postern.fcgi"
}

put() {
	sed "s|@loader@|$(basename "$loader")|g" "$top/etc/bundle/$1" >"$2" &&
	    chmod 0755 "$2"
}

# For no fault but the one that is looked for.
postern() {
	env -u POSTERN_CONFIG "$@"
}

# shown PROGRAM: what it is told, without the comments, which tell the time.
shown() {
	postern "$1" config print | grep -v '^#'
}

starts() {
	postern "$home/postern" version | grep '^postern [0-9]'
}

# The default of server.state_dir, and where it writes a configuration.
configured() {
	postern "$home/postern" config init && [ -s "$home/postern.yaml" ] &&
	    shown "$home/postern" >"$dir/print" && grep -F "state_dir: \"$home/state\"" "$dir/print"
}

# By a link, and from elsewhere.
linked() {
	mkdir -p "$dir/bin"
	ln -sf "$home/postern" "$dir/bin/postern" && cd "$dir/bin" &&
	    shown ./postern | cmp "$dir/print" -
}

moved() {
	mv "$dir/some where" "$dir/else" && home=$dir/else/postern &&
	    postern "$home/postern" config print |
	    grep -F "state_dir: \"$home/state\""
	rc=$?
	mv "$dir/else" "$dir/some where"
	return $rc
}

# A file in the folder "lib", beside the program, is not the configuration.
not_in_lib() {
	echo 'nonsense: 1' >"$home/lib/postern.yaml"
	shown "$home/postern" | cmp "$dir/print" -
	rc=$?
	rm "$home/lib/postern.yaml"
	return $rc
}

# Not with the system's loader: then it is a program as any other.
others() {
	"$build/postern" version || return 1
	postern "$home/lib/postern" config print 2>&1 |
	    grep -qF "$home/postern.yaml" && return 1
	mkdir -p "$dir/odd/lib" && cp "$build/postern" "$dir/odd/lib/" &&
	    touch "$dir/odd/postern.yaml" &&
	    ! postern "$home/lib/$(basename "$loader")" --library-path \
		"$home/lib" "$dir/odd/lib/postern" config print 2>&1 |
	    grep -F "$dir/odd/postern.yaml"
}

# The program that sends mails; no server is asked.
parts() {
	printf 'host localhost\nport 0\n\n' | "$home/postern-smtp"
	[ $? = 78 ] # EX_CONFIG: it has understood that
}

# What the web server starts finds the folder above it, if it is ours.
from_the_web() {
	mv "$home/postern" "$home/kept"
	printf '#!/bin/sh\necho "$@"\n' >"$home/postern"
	chmod 0755 "$home/postern"
	said=$("$dir/some where/www/id/postern.fcgi")
	mv "$home/kept" "$home/postern"
	[ "$said" = serve ]
}

not_of_others() {
	[ "$(id -u)" = 0 ] || return 0
	chown -h 65534 "$home/lib/$(basename "$loader")"
	! "$dir/some where/www/id/postern.fcgi" serve >"$dir/out" 2>&1 &&
	    grep -q 'of ours' "$dir/out"
	rc=$?
	chown -h 0 "$home/lib/$(basename "$loader")"
	return $rc
}

assemble
check 'starts' starts
check 'its configuration and its state are beside it' configured
check 'by a link and from elsewhere' linked
check 'after it was moved' moved
check 'and only there' not_in_lib
check 'no other program is taken for it' others
check 'what sends mail is started alike' parts
check 'the web server finds it' from_the_web
check 'but none of somebody else' not_of_others
echo "1..$n"
exit $failed
