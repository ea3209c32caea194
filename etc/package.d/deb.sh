# packages for Debian and Ubuntu: postern, postern-mail
#
# Sourced by etc/package.  Needs the packages that etc/debian/control builds
# with, and dpkg-dev: "sh etc/install-packages.sh package" installs them.  What
# stands in etc/debian goes to debian/ of a copy of the tree, with a changelog
# of one entry: this version.
#
# The revision sorts below any of Debian's own.
revision=0postern1

if ! command -v dpkg-buildpackage >/dev/null ||
    ! dpkg-checkbuilddeps "$top/etc/debian/control"; then
	die "packages are missing: sh etc/install-packages.sh package"
fi

source=$out/deb/postern-$version

write_changelog() {
	date=$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
	maintainer=$(sed -n 's/^Maintainer: //p' "$top/etc/debian/control")
	cat <<END
postern ($version-$revision) unstable; urgency=medium

  * What has changed stands in NEWS.

 -- $maintainer  $date
END
}

say "building postern $version-$revision in $source ..."
copy_tree "$source"
cp -R "$source/etc/debian" "$source/debian"
write_changelog >"$source/debian/changelog"
rm -f "$out"/deb/*.deb "$out"/deb/*.changes "$out"/deb/*.buildinfo
(cd "$source" && dpkg-buildpackage -b -us -uc -j"$jobs") \
    >"$out/deb.log" 2>&1 </dev/null || {
	tail -n 20 "$out/deb.log" >&2
	die "the build failed; all of it is in $out/deb.log"
}
rm -f "$out"/postern*.deb
cp "$out"/deb/postern_*.deb "$out"/deb/postern-mail_*.deb "$out/"
ls "$out"/postern*.deb
