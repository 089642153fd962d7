#!/usr/bin/env bash
# Build the image: with docker where its engine answers, else with buildah, which needs no engine.
# What follows the command goes to the builder: tools/image/build.sh --no-cache
# IMAGE, BASE_IMAGE and ENGINE (docker or buildah) can be set in the environment.
set -euo pipefail
cd "$(dirname "$0")/../.."

engine=${ENGINE:-}
if [ -z "$engine" ]; then
  if docker info >/dev/null 2>&1; then engine=docker; else engine=buildah; fi
fi
case $engine in
  docker) build=(docker build) ;;
  # Neither overlay file systems nor namespaces are to be had everywhere. Only Docker's format has a health check.
  buildah) build=(buildah --storage-driver vfs bud --isolation chroot --network host --format docker) ;;
  *) echo "ENGINE is docker or buildah, not $engine." >&2 && exit 2 ;;
esac

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' mockserver/__init__.py)
options=(
  --tag "${IMAGE:-commerce-mockserver}"
  --build-arg "VERSION=$version"
  --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)"
)
[ -z "${BASE_IMAGE:-}" ] || options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")

exec "${build[@]}" "${options[@]}" "$@" .
