#!/bin/sh
# Puts the built programs into a package for Debian and Ubuntu: PROGRAMS/spillway_VERSION_ARCHITECTURE.deb, and
# prints its name. The same programs give the same package. Not with Tauri's own packager, which names no
# versions of the libraries that are needed, and never makes the same package twice.
# Usage: tools/dist.sh PROGRAMS
set -eu
umask 022
programs=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.lock)}
export SOURCE_DATE_EPOCH

# put FILE FOLDER [NAME]: a file of the package.
put() {
    mkdir -p "$tree/$2"
    install -m 644 "$1" "$tree/$2/${3:-}"
}

# Without their symbols; target/release keeps them, for who has a backtrace to read.
mkdir -p "$tree/usr/bin"
for program in spillway spillway-desktop; do
    strip --strip-all --remove-section=.comment -o "$tree/usr/bin/$program" "$programs/$program"
done

put src-tauri/linux/spillway-desktop.desktop usr/share/applications
put src-tauri/linux/studio.spillway.desktop.metainfo.xml usr/share/metainfo
put icons/icon.svg usr/share/icons/hicolor/scalable/apps spillway-desktop.svg
for size in 16 24 32 48 64 128 256 512; do
    put "icons/${size}x$size.png" "usr/share/icons/hicolor/${size}x$size/apps" spillway-desktop.png
done

put 'service/spillway@.service' usr/lib/systemd/system

node tools/notices.mjs >"$scratch/notices"
put src-tauri/linux/copyright usr/share/doc/spillway
for text in "$scratch/notices" CHANGELOG.md docs/json.md docs/watching.md docs/events.md; do
    gzip -9n <"$text" >"$scratch/packed"
    put "$scratch/packed" usr/share/doc/spillway "$(basename "$text").gz"
done

# The libraries, and how new, are read from the programs: the package is for the system that it was built on.
mkdir "$scratch/debian" "$tree/DEBIAN"
printf 'Source: spillway\n\nPackage: spillway\nArchitecture: any\n' >"$scratch/debian/control"
libraries=$(cd "$scratch" && dpkg-shlibdeps -O tree/usr/bin/spillway tree/usr/bin/spillway-desktop)

# The two that are recommended are asked for when the programs run, and may be missing.
cat >"$tree/DEBIAN/control" <<CONTROL
Package: spillway
Version: $version
Architecture: $architecture
Maintainer: The Spillway contributors
Section: video
Priority: optional
Installed-Size: $(du -sk --apparent-size "$tree/usr" | cut -f 1)
Depends: ${libraries#shlibs:Depends=}
Recommends: libayatana-appindicator3-1, xdg-utils
Suggests: fonts-noto-cjk
Description: makes and delivers every file each partner demands
 Drop a finished master, tick the partners, and Spillway makes every file that
 each of them demands: in parallel, on this machine, without loss at any seam.
 Every delivery is read back, judged against the partner's profile, and comes
 with a receipt. Work survives crashes and power cuts.
 .
 Holds the window, spillway-desktop, and the command line, spillway.
CONTROL
(cd "$tree" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$tree/DEBIAN/md5sums"

package=$programs/spillway_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >/dev/null
echo "$package"
