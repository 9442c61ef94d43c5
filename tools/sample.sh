#!/bin/sh
# Makes a sample master: one minute of moving 1080p picture with time and frame number burnt in, a
# tone at every full second, timecode from 10:00:00:00. Usage: tools/sample.sh FILE.mov [SECONDS]
set -eu

file=$1
seconds=${2:-60}
[ -e "$file" ] && exit 0

mkdir -p "$(dirname "$file")"
part="${file%.mov}.part.mov"
ffmpeg -nostdin -v error -y \
    -f lavfi -i "testsrc2=size=1920x1080:rate=25:duration=$seconds" \
    -f lavfi -i "aevalsrc=exprs=0.4*sin(2*PI*1000*t)*lt(mod(t\,1)\,0.1):sample_rate=48000:channel_layout=stereo:duration=$seconds" \
    -vf "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p" \
    -c:v libx264 -preset ultrafast -qp 10 -g 25 -bf 0 \
    -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv \
    -c:a pcm_s24le -timecode 10:00:00:00 -metadata title="Spillway sample" \
    "$part"
mv "$part" "$file"
