#!/bin/sh
# Run a command as the first process of a container that is closed as tightly as a runtime can:
#   unshare --mount tests/image/locked_down.sh ROOT USER COMMAND...
# The root is read-only but for a /tmp in memory, no shell can be run, and nothing can gain a privilege.
set -eu
root=$1 user=$2
shift 2

mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs "$root/tmp"
mount --rbind /dev "$root/dev"
for shell in dash bash; do
  if [ -e "$root/usr/bin/$shell" ]; then mount --bind /dev/null "$root/usr/bin/$shell"; fi
done
exec setpriv --no-new-privs unshare --pid --fork --kill-child --mount-proc=/proc \
  --root="$root" --wd=/ --setuid "$user" --setgid "$user" "$@"
