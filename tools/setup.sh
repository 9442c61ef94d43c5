#!/bin/sh
# Installs what Spillway needs to build, test and run on Debian and Ubuntu. Does nothing, and asks
# nobody, when everything is there already.
set -eu

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

need make command -v make
need gcc command -v cc
need clang command -v clang
need libclang-dev libclang_is_there
need pkg-config command -v pkg-config
need ffmpeg command -v ffmpeg
for library in avcodec avformat avutil avfilter avdevice swscale swresample; do
    need "lib$library-dev" pkg-config --exists "lib$library"
done

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
