#!/bin/sh
# Delivers the sample master to two partners, into a new folder each time. Usage: tools/demo.sh SPILLWAY
set -eu

spillway=$1
out=out/$(date +%Y-%m-%dT%H-%M-%S)
tools/sample.sh .sample/master.mov
"$spillway" --data-dir .sample/data deliver .sample/master.mov -p youtube -p apple-hls -o "$out"
echo
echo "Results and receipts are in $out:"
find "$out" -mindepth 1 -maxdepth 2 \( -type f -o -name "*_hls" \) | sort
