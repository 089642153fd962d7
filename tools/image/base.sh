#!/usr/bin/env bash
# Make a base image from Debian's packages with buildah, where no container registry is to be had. Needs root.
# It has what the official slim Python images have, and is kept as a tar file in the cache folder.
# BASE_IMAGE names it, MIRROR is where debootstrap gets it from: by default the mirror of this machine's apt.
set -euo pipefail

suite=bookworm # the Debian release with Python 3.11
image=${BASE_IMAGE:-localhost/commerce-mockserver-base}
cache=${XDG_CACHE_HOME:-~/.cache}/commerce-mockserver
kept=$cache/base-$suite-$(dpkg --print-architecture)-$(sha256sum "$0" | cut -c 1-12).tar

configured_mirror() { # the first archive that apt has, but for security updates
  [ -n "$(apt-get indextargets)" ] || apt-get update -qq >&2 # on a machine whose lists are cleared
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' |
    awk '!/security/ && !found++'
}

make_tar() (
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/base.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mirror=${MIRROR:-$(configured_mirror)}
  eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
  http_proxy=${http_proxy:-} debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
    "$suite" "$work/root" "$mirror" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2 && exit 1; }
  rm -rf "$work"/root/var/cache/apt/* "$work"/root/var/lib/apt/lists/* "$work"/root/var/log/* \
    "$work"/root/usr/share/{doc,info,locale,man}/*
  tar -C "$work/root" --numeric-owner -cf "$work/base.tar" .
  rm -f "$cache"/base-*.tar
  mv "$work/base.tar" "$kept"
)

[ -f "$kept" ] || make_tar

buildah() { command buildah --storage-driver vfs "$@"; }
container=$(buildah from scratch)
buildah add --quiet "$container" "$kept" / >/dev/null
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd python3 "$container"
buildah commit --quiet --rm "$container" "$image" >/dev/null
echo "$image"
