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
libexec/postern/postern-fetch libexec/postern/postern-hook"
archive=$out/postern-$version-$(uname -m).tar.gz

built() {
	"$@" >>"$out/bundle.log" 2>&1 </dev/null || {
		tail -n 20 "$out/bundle.log" >&2
		die "the build failed; all of it is in $out/bundle.log"
	}
}

compile() {
	: >"$out/bundle.log"
	cd "$source"
	built sh autogen.sh
	# No frame of ours is unwound: nothing here throws, or cancels a thread.
	built ./configure --prefix=/usr --sysconfdir=/etc \
	    --localstatedir=/var CFLAGS="-O2 -ffunction-sections \
	    -fno-asynchronous-unwind-tables -ffile-prefix-map=$source=." \
	    LDFLAGS="-Wl,--gc-sections,-z,pack-relative-relocs,-z,noseparate-code"
	built make -j"$jobs"
}

# The loader that a program asks for.
loader_of() {
	readelf -l "$1" | sed -n 's/.*program interpreter: \(.*\)]$/\1/p'
}

# --------------------------------------------------------- one of many

# Of most libraries a part is used: of these, which Debian has as archives, one
# library is made, of what the programs call and what that needs.  The others
# have no archive that can be part of a library.
parts="json-c argon2 crypt mariadb yaml curl idn2 unistring ssl crypto z"
closed=$work/closed
one=$closed/libothers.so
# Whose archives can be part of a program only.
of_programs="png16 fcgi"

archive_of() {
	readlink -f "$(gcc -print-file-name="lib$1.a")"
}

# What the archives have for unwinding is left out: only a thread that ends itself
# is unwound (pthread_exit(3)), as those of Argon2 do.
make_lean() {
	mkdir -p "$work/archives"
	for part in $parts $of_programs; do
		if [ "$part" = argon2 ]; then
			cp "$(archive_of "$part")" "$work/archives/"
		else
			objcopy -R .eh_frame -R .rela.eh_frame \
			    "$(archive_of "$part")" "$work/archives/lib$part.a"
		fi
	done
}

# What Postern asks for none of, and others would be brought along for, is
# replaced.  All protocols of libcurl but HTTP and SMTP: by handlers of a scheme
# that no URL has.  Of OpenSSL, whose own rules let it do without each: ciphers
# that no server asks for, and those that encrypt and hash in one go; P-224 and
# P-521 are computed as all other curves are, without code of their own.  Of
# libcrypt, which says "*0" if nobody says anything else: all but bcrypt.
leave_out() {
	for part in curl crypto crypt; do
		nm -g --defined-only "$(archive_of "$part")" 2>/dev/null
	done | awk '
		$3 ~ /^Curl_handler_/ && $3 !~ /_(dummy|https?|smtps?)$/ {
			print "const char *const " $3 "[64] = { \"\" };"
		}
		$3 ~ /^Curl_ssh_(cleanup|init|version)$/ {
			print "int " $3 "(void) { return 0; }"
		}
		$3 ~ /^Curl_(pop3_write|rtsp_parseheader)$/ {
			print "int " $3 "(void) { return -1; }"
		}
		$3 ~ /^_crypt_(crypt|gensalt)_.*_rn$/ && $3 !~ /bcrypt/ {
			print "void " $3 "(void) { }"
		}
		$3 ~ /^ossl_(aria|camellia|sm4|aes[0-9]+cbc_hmac_).*_functions$/ {
			print "const void *const " $3 "[4] = { 0 };"
		}
		$3 ~ /^EVP_(aria|camellia|seed|sm4|aes_[0-9]+_cbc_hmac)_/ {
			print "void *" $3 "(void) { return 0; }"
		}
		$3 ~ /^ossl_cipher_capable_aes_cbc_hmac_/ {
			print "int " $3 "(void) { return 0; }"
		}
		$3 ~ /^EC_GFp_nistp[0-9]+_method$/ {
			print "const void *" $3 "(void) {", \
			    "extern const void *EC_GFp_mont_method(void);", \
			    "return EC_GFp_mont_method(); }"
		}
		$3 ~ /^EC_nistp[0-9]+_pre_comp_(dup|free)$/ {
			print "void *" $3 "(void *p) { return p; }"
		}' | LC_ALL=C sort -u
}

# What libcurl then wants of other libraries is asked for by nobody, either:
# Kerberos, HTTP/2, cookies, ways to unpack (fcgi/smtp.c and fetch.c name their
# protocols).  Functions with these names fail, and data is nothing.
shut="^(Brotli|GSS_|ZSTD_|gss_|nghttp2_|psl_)"
close_functions() {
	awk -v shut="$shut" '
		$1 !~ shut { exit 1 }
		/^GSS_/ { print "const void *" $1 " = 0;"; next }
		{ print "int " $1 "(void) { return -1; }" }' "$1"
}

# link_one OPTION...: what the programs call is seen of it.  -Bsymbolic, as some of
# the archives are not made for a library whose names others may replace.
link_one() {
	{
		echo 'IDN2_0.0.0 { local: *; };'
		echo 'POSTERN { global:'
		sed 's/$/;/' "$work/called"
		echo 'local: *; };'
	} >"$work/one.map"
	# shellcheck disable=SC2046
	LC_ALL=C gcc -w -shared -s -o "$one" -Wl,-soname,libothers.so \
	    -Wl,-Bsymbolic,--gc-sections,-z,pack-relative-relocs \
	    -Wl,-z,noseparate-code,-z,relro,-z,now,-z,defs,--build-id=none \
	    -Wl,--version-script="$work/one.map" \
	    $(sed 's/^/-Wl,-u,/' "$work/called") "$@" \
	    $(printf "$work/archives/lib%s.a\n" $parts)
}

# object NAME: of $work/NAME.c
object() {
	gcc -w -O2 -fPIC -fno-builtin -ffunction-sections \
	    -fno-asynchronous-unwind-tables -c -o "$work/$1.o" "$work/$1.c"
}

# What the programs call of it: their own code, and archives that are part of
# them.
called() {
	{
		find "$source/lib" "$source/fcgi" -name '*.o' \
		    -exec nm --undefined-only {} +
		for part in $of_programs; do
			nm --undefined-only "$(archive_of "$part")" 2>/dev/null
		done
	} | awk '$1 == "U" { print $2 }' | LC_ALL=C sort -u |
	    LC_ALL=C comm -12 - "$work/has"
}

make_one() {
	mkdir -p "$closed"
	make_lean
	for part in $parts; do
		nm -g --defined-only "$(archive_of "$part")" 2>/dev/null
	done | awk 'NF == 3 { print $3 }' | LC_ALL=C sort -u >"$work/has"
	called >"$work/called"
	leave_out >"$work/left.c"
	object left
	link_one "$work/left.o" >"$work/lacks" 2>&1 || :
	sed -n "s/.*undefined reference to \`\\(.*\\)'.*/\\1/p" "$work/lacks" |
	    LC_ALL=C sort -u >"$work/shut"
	close_functions "$work/shut" >"$work/closed.c" ||
	    die "libcurl wants something new: see $work/shut"
	object closed
	built link_one "$work/left.o" "$work/closed.o"
}

# libpng asks for these two of libm, where they are chosen by the processor, which
# only the whole library can do.
long_math() {
	echo '#include <math.h>'
	echo 'double pow(double x, double y) { return (double)powl(x, y); }'
	echo 'double floor(double x) { return (double)floorl(x); }'
	echo 'long double __frexpl(long double x, int *e) {'
	echo 'return frexpl(x, e); }'
}

relink() {
	cd "$source"
	for name in $programs; do
		rm -f "$(basename "$name")"
	done
	set -- JSONC ARGON2 CRYPT MARIADB YAML CURL IDN2 UNISTRING CRYPTO
	for name in "$@"; do
		shift
		set -- "$@" "${name}_LIBS=$one"
	done
	long_math >"$work/math.c"
	object math
	set -- "$@" FCGI_LIBS="$work/archives/libfcgi.a" \
	    PNG_LIBS="$work/archives/libpng16.a $work/math.o $one \
	    $(gcc -print-file-name=libm.a)"
	built make -j"$jobs" "$@"
	built make install-strip DESTDIR="$staged" "$@"
}

# all_of PROGRAM: its libraries, by their whole paths.
all_of() {
	LD_LIBRARY_PATH=$closed ldd "$1" | sed -n 's/.* => \(\/[^ ]*\).*/\1/p'
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
		# GPL is a link to its newest version: one text is enough.
		[ ! -f "$text" ] || cp -L "$text" "$bundle/share/licences/$(
			basename "$(readlink -f "$text")").txt"
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
	for file in $files $(
		for part in $parts $of_programs m; do archive_of "$part"; done
	); do
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
	# The description is for who writes programs, and has it from elsewhere;
	# where the web server starts the program, operators have no socket.
	rm -r "$bundle/share/page" "$bundle/web/members" \
	    "$bundle/share/openapi.yaml" "$bundle/share/admin"
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
make_one
relink
loader=$(loader_of "$staged/usr/bin/postern")
add_programs
add_libraries
add_data
pack
say "unpacked $(kib "$bundle"), of that libraries and programs" \
    "$(kib "$bundle/lib"); packed $(kib "$archive")"
ls "$archive"
