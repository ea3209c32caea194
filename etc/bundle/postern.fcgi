#!/bin/sh
# What the web server starts: the server, which is in a folder "postern" beside
# this one or further up, and belongs to whom we run as.  Or write its place
# here:
#
#	exec /PATH/TO/postern/postern serve
folder=$(cd "${0%/*}" && pwd -P) || exit 1
while [ -n "$folder" ]; do
	[ ! -O "$folder/postern/lib/@loader@" ] ||
	    exec "$folder/postern/postern" serve
	folder=${folder%/*}
done
echo 'postern.fcgi: there is no folder "postern" of ours above it' >&2
exit 1
