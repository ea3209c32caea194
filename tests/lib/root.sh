# Sourced by tests/distros/run and tests/packages/run: bare roots of releases of
# Debian, made by mmdebstrap from where this machine has its own packages.
# POSIX sh.  Whoever sources it sets
#
#	top	the tree
#	root	the folder of the root

here=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

codename() {
	case $1 in
	11) echo bullseye ;;
	12) echo bookworm ;;
	13) echo trixie ;;
	esac
}

# "deb SITE SUITE main" of a release, from where this machine has its own.
sources() {
	apt-get indextargets --format '$(SITE) $(RELEASE) $(CREATED_BY)' |
	    awk -v here="$here" -v there="$1" '
		$3 == "Packages" && sub("^" here, there, $2) &&
		    $2 ~ "^" there "(|-updates|-security)$" {
			print "deb", $1, $2, "main"
		}' | sort -u
}

# apt forgets what it knew of its sources when its lists are removed.
find_sources() {
	sources "$1" | grep . && return
	apt-get -qq update >/dev/null 2>&1
	sources "$1" | grep .
}

make_root() {
	rm -rf --one-file-system "${root:?}"
	# What is mounted there goes with it, however it ends; and nothing in it
	# is to outlive a loss of power.
	unshare --mount mmdebstrap --quiet --variant=minbase --include="$1" \
	    --dpkgopt=force-unsafe-io \
	    --dpkgopt='path-exclude=/usr/share/doc/*' \
	    --dpkgopt='path-include=/usr/share/doc/postern*' \
	    --dpkgopt='path-exclude=/usr/share/locale/*' \
	    "$2" "$root" - || return 1
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
}

# prepare_root RELEASE PACKAGES: made anew when it would hold something else.
prepare_root() {
	name=$(codename "$1")
	from=$(find_sources "$name") || {
		echo "apt has no source of Debian here"
		return 1
	}
	names=$(echo "$2" | tr -s ' \n' ',,' | sed 's/,$//')
	key=$(echo "$names $from" | cksum)
	[ "$(cat "$root.key" 2>/dev/null)" != "$key" ] || return 0
	rm -f "$root.key"
	echo "$from" | make_root "$names" "$name" || return 1
	echo "$key" >"$root.key"
}

# The tree as it is here, and what has gone from it, without what was built;
# its times are kept, for make.
copy_tree() {
	mkdir -p "$root/srv/postern"
	(
		cd "$top" || exit
		git ls-files -co --exclude-standard | LC_ALL=C sort |
		    while read -r file; do
			[ ! -e "$file" ] || printf '%s\n' "$file"
		done
	) >"$root.files.new"
	[ -s "$root.files.new" ] || { echo "$top is no clone" && return 1; }
	[ ! -e "$root.files" ] || LC_ALL=C comm -23 "$root.files" \
	    "$root.files.new" |
	    (cd "$root/srv/postern" && xargs -r rm -f)
	tar -C "$top" -cf - --no-recursion -T "$root.files.new" |
	    tar -C "$root/srv/postern" -xf - --no-same-owner || return 1
	mv "$root.files.new" "$root.files"
}

# What npm is told here: where its registry is, and whom to trust.
npm_settings() {
	command -v npm >/dev/null || return 0
	echo "npm_config_registry=$(npm config get registry)"
	authority=$(npm config get cafile)
	[ -e "$authority" ] || return 0
	cp -L "$authority" "$root/etc/ssl/certs/here.pem"
	echo npm_config_cafile=/etc/ssl/certs/here.pem
}

# inside COMMAND...: in the root, with processes and mounts that end with it,
# and a first process that waits for the orphans of others.  The root is a
# mount, too: else nobody in it could have mounts of their own.
inside() {
	jobs=${POSTERN_TEST_JOBS:+POSTERN_TEST_JOBS=$POSTERN_TEST_JOBS}
	# shellcheck disable=SC2016,SC2046,SC2086
	unshare $net --mount --pid --fork --kill-child sh -c '
		mount --bind "$0" "$0" && mount -t proc proc "$0/proc" &&
		    mount --rbind /dev "$0/dev" &&
		    mount -t tmpfs -o mode=1777 tmpfs "$0/tmp" || exit 1
		env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		    "$@"
		exit' "$root" $jobs $(npm_settings) chroot "$root" "$@"
}

able() {
	[ "$(id -u)" = 0 ] || { echo "only root can make a root" && return 1; }
	command -v mmdebstrap >/dev/null ||
	    sh "$top/etc/install-packages.sh" mmdebstrap || return 1
	unshare --mount --pid --net --fork true
}
