# packages for Fedora and its like: postern, postern-mail, postern-selinux
#
# Sourced by etc/package.  Needs rpmbuild (Debian: rpm), and what
# etc/rpm/postern.spec builds with: on Debian under other names, which rpm does
# not know, so that it is not asked there.

need rpmbuild rpm
need eu-strip elfutils
need autoreconf "autoconf automake"

source=$out/rpm/postern-$version
nodeps=
[ ! -e /etc/debian_version ] || nodeps=--nodeps
# Elsewhere rpmbuild asks for what the unit tests need.
check=
[ -z "$nodeps" ] || pkg-config --exists cmocka libfido2 ||
    check='--without check'
# The same of what a policy is compiled with (Debian: selinux-policy-dev).
selinux=
[ -z "$nodeps" ] || [ -e /usr/share/selinux/devel/Makefile ] ||
    selinux='--without selinux'

say "building postern $version in $out/rpm ..."
rm -rf "$out/rpm"
copy_tree "$source"
write_spec() {
	cat "$source/etc/rpm/postern.spec"
	day=$(LC_ALL=C date -u -d "@$SOURCE_DATE_EPOCH" '+%a %b %d %Y')
	cat <<END

%changelog
* $day The Postern authors <maintainers@postern.invalid> - $version-1
- What has changed stands in NEWS.
END
}

build_rpm() {
	# Of a clone; a release has it.
	[ -x "$source/configure" ] || sh "$source/autogen.sh" || return 1
	find "$source" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	mkdir -p "$out/rpm/SOURCES"
	tar -C "$out/rpm" --sort=name --owner=0 --group=0 --numeric-owner \
	    -cJf "$out/rpm/SOURCES/postern-$version.tar.xz" \
	    "postern-$version" || return 1
	write_spec >"$out/rpm/postern.spec"
	RPM_BUILD_NCPUS=$jobs rpmbuild -bb $nodeps $check $selinux \
	    --define "_topdir $out/rpm" \
	    --define "ptn_version $version" \
	    --define "_buildhost reproducible" \
	    --define "use_source_date_epoch_as_buildtime 1" \
	    --define "clamp_mtime_to_source_date_epoch 1" \
	    --define "build_mtime_policy clamp_to_source_date_epoch" \
	    "$out/rpm/postern.spec"
}
build_rpm >"$out/rpm.log" 2>&1 </dev/null || {
	tail -n 20 "$out/rpm.log" >&2
	die "the build failed; all of it is in $out/rpm.log"
}
rm -f "$out"/postern*.rpm
find "$out/rpm/RPMS" -name 'postern-*.rpm' ! -name '*debug*' \
    -exec cp {} "$out/" \;
ls "$out"/postern*.rpm
