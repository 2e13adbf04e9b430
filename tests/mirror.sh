#!/bin/sh
# The mirror that apt uses here for Debian, on standard output; nothing where apt knows none.
. /etc/os-release
# shellcheck disable=SC2016 # apt-get expands it
apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' \
	"Codename: $VERSION_CODENAME" | head -n 1
