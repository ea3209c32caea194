# an archive for web spaces: any Linux, no root, no shell
#
# Sourced by etc/package.  Needs what Postern is built with, and binutils; on
# Debian, whose loader and libraries it takes along.  What stands in etc/bundle
# goes in.  It runs where the kernel does: the libraries are all its own.

need readelf binutils

work=$out/bundle
source=$work/source
staged=$work/staged
bundle=$work/postern
programs="bin/postern libexec/postern/postern-smtp \
libexec/postern/postern-fetch"
archive=$out/postern-$version-$(uname -m).tar.gz

compile() {
	(
		cd "$source" && sh autogen.sh && ./configure --prefix=/usr \
		    --sysconfdir=/etc --localstatedir=/var \
		    CFLAGS="-O2 -ffile-prefix-map=$source=." &&
		    make -j"$jobs" && make install-strip DESTDIR="$staged"
	) >"$out/bundle.log" 2>&1 </dev/null || {
		tail -n 20 "$out/bundle.log" >&2
		die "the build failed; all of it is in $out/bundle.log"
	}
}

# The loader that a program asks for.
loader_of() {
	readelf -l "$1" | sed -n 's/.*program interpreter: \(.*\)]$/\1/p'
}

# What libcurl can do besides SMTP and HTTPS brings more than half of all
# libraries along: LDAP, SSH, RTMP, Kerberos, two ways to unpack.  Postern asks
# for none of it (fcgi/smtp.c and fetch.c name their protocols), so each of these
# is a library of the same name here, whose functions fail.
shut="brotlidec gssapi_krb5 lber ldap rtmp ssh2 zstd"
closed=$work/closed

# all_of PROGRAM: its libraries, by their whole paths.
all_of() {
	LD_LIBRARY_PATH=$closed ldd "$1" | sed -n 's/.* => \(\/[^ ]*\).*/\1/p'
}

# close_library FILE CURL: what the latter uses of it.  The one function that is
# called when libcurl starts says that all is well; data is nothing.
close_library() {
	nm -D --defined-only "$1" | awk '{ print $3, $2 }' >"$work/has"
	nm -D --undefined-only "$2" | awk '
		NR == FNR { sub(/@.*/, "", $1); type[$1] = $2; next }
		{ split($2, part, "@"); name = part[1] }
		!(name in type) { next }
		type[name] ~ /[BDRV]/ { print "const void *" name " = 0;" }
		type[name] !~ /[BDRV]/ {
			print "int " name "(void) { return", \
			    (name == "libssh2_init" ? 0 : -1) "; }"
		}' "$work/has" - >"$work/closed.c"
	version=$(nm -D --undefined-only "$2" | awk '
		NR == FNR { sub(/@.*/, "", $1); type[$1] = 1; next }
		split($2, part, "@") == 2 && part[1] in type { print part[2] }
		' "$work/has" - | sort -u)
	for name in $version; do
		echo "$name { *; };"
	done >"$work/closed.map"
	gcc -w -O2 -fPIC -shared -nostdlib -s -Wl,-z,relro,--build-id=none \
	    ${version:+"-Wl,--version-script=$work/closed.map"} \
	    -Wl,-soname,"$(basename "$1")" -o "$closed/$(basename "$1")" \
	    -x c "$work/closed.c"
}

close_libraries() {
	mkdir -p "$closed"
	program=$staged/usr/libexec/postern/postern-smtp
	all_of "$program" >"$work/all"
	curl=$(grep '/libcurl\.so' "$work/all")
	for name in $shut; do
		file=$(grep "/lib$name[-.0-9]*\.so" "$work/all") || continue
		close_library "$file" "$curl" || die "$file stays open"
	done
}

# All libraries of the programs, and the one that threads look for when they
# end.
libraries() {
	{
		for name in $programs; do
			all_of "$staged/usr/$name"
		done
		ldconfig -p | sed -n '/libgcc_s\.so\.1 .*x86-64/p' | tail -n 1 |
		    sed -n 's/.* => \(\/[^ ]*\).*/\1/p'
	} | grep -v "^$closed/" | LC_ALL=C sort -u
}

# package_of FILE: which package of Debian it is from.
package_of() {
	for name in "$1" "$(readlink -f "$1")" "/usr$1" "${1#/usr}"; do
		dpkg-query -S "$name" 2>/dev/null | sed 's/:.*//' | grep . && return
	done
	die "$1 is of no package: whose licence?"
}

# add_licence PACKAGE: and the texts that it names.
add_licence() {
	copyright=/usr/share/doc/$1/copyright
	[ -s "$copyright" ] || die "$copyright is missing"
	cp -L "$copyright" "$bundle/share/licences/$1"
	grep -o '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' \
	    "$copyright" | sort -u | while read -r text; do
		[ ! -f "$text" ] ||
		    cp -L "$text" "$bundle/share/licences/$(basename "$text").txt"
	done
	dpkg-query -W -f '${source:Package} ${source:Version} (${Package})\n' \
	    "$1" | head -n 1 >>"$bundle/share/sources"
}

add_libraries() {
	files=$(libraries)
	for file in $files "$loader" "$closed"/*; do
		cp -L "$file" "$bundle/lib/"
	done
	chmod 0644 "$bundle"/lib/*
	chmod 0755 "$bundle/lib/$(basename "$loader")"
	for file in $files; do
		package_of "$file"
	done >"$work/packages"
	LC_ALL=C sort -u "$work/packages" | while read -r package; do
		add_licence "$package"
	done
}

# put FILE TO MODE: of etc/bundle.
put() {
	sed "s|@loader@|$(basename "$loader")|g" "$top/etc/bundle/$1" \
	    >"$bundle/$2"
	chmod "$3" "$bundle/$2"
}

add_programs() {
	for name in $programs; do
		cp "$staged/usr/$name" "$bundle/lib/"
		put postern "$(basename "$name")" 0755
	done
	put postern.fcgi web/postern.fcgi 0755
	put setup.html web/setup.html 0644
	put htaccess .htaccess 0644
	put README README 0644
}

add_data() {
	cp "$top/COPYING" "$top/NEWS" "$bundle/"
	cp -R "$staged/usr/share/postern/." "$bundle/share/"
	mv "$bundle/share/page"/* "$bundle/web/"
	rm -r "$bundle/share/page" "$bundle/web/members"
	cp "$top/etc/htaccess" "$bundle/web/.htaccess"
	cp "$top/etc/postern.yaml" "$bundle/share/"
}

pack() {
	chmod 0700 "$bundle/state"
	find "$bundle" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	tar -C "$work" --format=ustar --sort=name --owner=0 --group=0 \
	    --numeric-owner -cf - postern | gzip -9n >"$archive"
}

# kib PATH...: what its files have in them.
kib() {
	find "$@" -type f -printf '%s\n' |
	    awk '{ n += $1 } END { printf "%d KiB", n / 1024 }'
}

say "building postern $version in $source ..."
rm -rf "${work:?}"
mkdir -p "$bundle/lib" "$bundle/share/licences" "$bundle/state" "$bundle/web"
copy_tree "$source"
compile
close_libraries
loader=$(loader_of "$staged/usr/bin/postern")
add_programs
add_libraries
add_data
pack
say "unpacked $(kib "$bundle"), of that libraries and programs" \
    "$(kib "$bundle/lib"); packed $(kib "$archive")"
ls "$archive"
