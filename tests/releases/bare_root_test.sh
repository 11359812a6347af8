#!/usr/bin/env bash
# A bare root of a Debian release, with nothing in it but what the release installs first, and in it the two commands of the README as a new
# user gives them: ./reproduce and ./reproduce test, on a clean clone; then the steps of packaging/Dockerfile. Needs root, debootstrap, git
# and this machine's own Debian mirror; exits with 77 (skipped) and says so where it cannot be done.
#
#   bare_root_test.sh RELEASE SOURCE_TREE
#
# REPRISE_BARE_ROOT=FOLDER keeps the root there, and builds on in it when it is there already; REPRISE_JOBS is passed on.
set -euo pipefail
release=$1 source=$2

skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "needs root"
for program in debootstrap git unshare apt-get; do command -v "$program" >/dev/null || skip "needs $program"; done
[ -e "/usr/share/debootstrap/scripts/$release" ] || skip "this debootstrap knows no $release"

# The mirror that apt is set to, and what it says is Debian itself (not its security or other archives).
targets() { apt-get indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian main //p' | sort -u; }
mirror=$(targets | head -1)
if [ -z "$mirror" ]; then
  apt-get update -q >/dev/null
  mirror=$(targets | head -1)
fi
[ -n "$mirror" ] || skip "apt is set to no Debian mirror here"

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
root=${REPRISE_BARE_ROOT:-$work/root}
if [ ! -e "$root/etc/debian_version" ]; then
  mkdir -p "$root"
  echo "Making a root of $release"
  debootstrap --variant=minbase "$release" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 ||
    { tail -5 "$work/debootstrap.log"; skip "debootstrap could make no root of $release from this machine's mirror"; }
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"  # packages start no services
  chmod +x "$root/usr/sbin/policy-rc.d"
fi
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
clone=$root/srv/reprise
if [ -d "$clone" ]; then
  git -C "$clone" fetch -q "$source" HEAD && git -C "$clone" reset -q --hard FETCH_HEAD
else
  git clone -q --no-hardlinks "$source" "$clone"
fi

cat >"$root/srv/commands" <<'COMMANDS'
#!/bin/bash
set -euo pipefail
cd /srv/reprise
begun=$SECONDS
./reproduce
echo "./reproduce: $((SECONDS - begun)) s"
begun=$SECONDS
./reproduce test
echo "./reproduce test: $((SECONDS - begun)) s"

# The steps of packaging/Dockerfile, in a clone of its own: the program alone.
begun=$SECONDS
rm -rf /srv/image /opt/reprise
git clone -q /srv/reprise /srv/image
cd /srv/image
REPRISE_CONFIGURE="-DREPRISE_TESTS=OFF -DREPRISE_BENCH=OFF" ./reproduce build
cmake --install build/release --component program --prefix /opt/reprise
cd /
rm -rf /srv/image
/opt/reprise/bin/reprise list --names | grep -qx dropout
echo "packaging/Dockerfile: $((SECONDS - begun)) s"
COMMANDS

# Mounts and processes of their own, which end with the commands.
unshare --mount --pid --fork --kill-child bash -c '
  set -e
  root=$1
  mount --bind "$root" "$root"  # a mount of its own, as ip netns expects of /
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  exec chroot "$root" env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    ${REPRISE_JOBS:+REPRISE_JOBS=$REPRISE_JOBS} ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} \
    bash /srv/commands' bare-root "$root"
