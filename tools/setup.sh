#!/bin/sh
# Installs what Spillway needs on Debian and Ubuntu. Does nothing, and asks nobody, when everything is
# there already. Without an argument: the engine and the command line. `app`: the window, too. `test`:
# what its tests need, too.
set -eu
cd "$(dirname "$0")/.."
what=${1:-engine}

missing=""

# need PACKAGE COMMAND…: the package is missing when the command fails.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

libclang_is_there() {
    ldconfig -p 2>/dev/null | grep -q 'libclang[-.]' || ls /usr/lib/llvm-*/lib/libclang*.so* >/dev/null 2>&1
}

gtk_for_python_is_there() {
    /usr/bin/python3 -c 'import gi; gi.require_version("Gtk", "3.0")'
}

chinese_can_be_shown() {
    fc-list :lang=zh-cn | grep -q .
}

figures_can_be_shown() {
    fc-list :spacing=100 | grep -q .
}

python_makes_environments() {
    python3 -c 'import ensurepip, venv'
}

# What tests/support starts.
activemq_can_run() {
    for jar in activemq-broker activemq-client activemq-console activemq-jaas activemq-kahadb-store \
        activemq-openwire-legacy activemq-protobuf activemq-stomp geronimo-jms_1.1_spec \
        geronimo-j2ee-management-1.1-spec hawtbuf; do
        [ -e "/usr/share/java/$jar.jar" ] || return 1
    done
}

need make command -v make
need gcc command -v cc
need clang command -v clang
need libclang-dev libclang_is_there
need pkg-config command -v pkg-config
need ffmpeg command -v ffmpeg
for library in avcodec avformat avutil avfilter avdevice swscale swresample; do
    need "lib$library-dev" pkg-config --exists "lib$library"
done

if [ "$what" != engine ]; then
    need libwebkit2gtk-4.1-dev pkg-config --exists webkit2gtk-4.1
    need libgtk-3-dev pkg-config --exists gtk+-3.0
    need libayatana-appindicator3-dev pkg-config --exists ayatana-appindicator3-0.1
    need librsvg2-dev pkg-config --exists librsvg-2.0
    need dpkg-dev command -v dpkg-shlibdeps
fi

if [ "$what" = test ]; then
    need webkit2gtk-driver command -v WebKitWebDriver
    need xvfb command -v Xvfb
    need xauth command -v xauth
    need xdotool command -v xdotool
    need openbox command -v openbox
    need wmctrl command -v wmctrl
    need dbus command -v dbus-daemon
    need python3-gi /usr/bin/python3 -c 'import gi'
    need gir1.2-gtk-3.0 gtk_for_python_is_there
    need chromium command -v chromium
    need rsync command -v rsync
    need fontconfig command -v fc-list
    need fonts-noto-cjk chinese_can_be_shown
    need fonts-dejavu-core figures_can_be_shown
    need python3-venv python_makes_environments
    need python3-aiosmtpd /usr/bin/python3 -c 'import aiosmtpd'
    need default-jre-headless command -v java
    need libactivemq-java activemq_can_run
    need libslf4j-java test -e /usr/share/java/slf4j-simple.jar
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo"; fi
    if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
        echo "setup: please install:$missing" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # both are lists of words
    if ! { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing; }; then
        echo "setup: could not install:$missing" >&2
        exit 1
    fi
fi

if ! pkg-config --atleast-version=59.37 libavcodec; then
    echo "setup: FFmpeg 5.1 or newer is needed, libavcodec here is $(pkg-config --modversion libavcodec)" >&2
    exit 1
fi
if ! command -v cargo >/dev/null; then
    echo "setup: cargo is missing: install Rust 1.95 or newer with rustup (rustup.rs, or the package rustup)" >&2
    exit 1
fi

if [ "$what" != engine ]; then
    if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number);
            process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
        echo "setup: Node.js 20.19 or newer is needed (nodejs.org, or a version manager such as nvm or fnm)" >&2
        exit 1
    fi
    # npm writes this file last; newer than the lock: all is there.
    installed=ui/node_modules/.package-lock.json
    if [ ! -e "$installed" ] || [ ui/package-lock.json -nt "$installed" ]; then
        npm --prefix ui ci --no-audit --no-fund
        touch "$installed"
    fi
fi

# Speaks like S3 and SQS; in an environment of its own, because Debian does not package it.
if [ "$what" = test ]; then
    moto=5.2.5
    if [ "$(cat target/moto/version 2>/dev/null)" != "$moto" ]; then
        rm -rf target/moto
        python3 -m venv target/moto
        target/moto/bin/pip install --quiet --disable-pip-version-check "moto[server]==$moto"
        echo "$moto" >target/moto/version
    fi
fi
