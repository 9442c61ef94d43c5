#!/bin/sh
# Renders the drawings in icons/ to the sizes that systems ask for: the application's icon for Linux (PNG, one
# per size of the icon theme), Windows (ICO) and macOS (ICNS), and the two pictures of the tray. The renderer
# comes with Tauri's command line, whose version is pinned: the same drawings give the same bytes.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# render FOLDER OPTION… DRAWING: quiet unless it fails.
render() {
    into=$scratch/$1
    shift
    ui/node_modules/.bin/tauri icon "$@" --output "$into" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
}

render app icons/icon.svg
render sizes --png 16,24,32,48,64,128,256,512 icons/icon.svg
render tray --png 64 icons/tray.svg
render working --png 64 icons/tray-working.svg

# The command line writes the pictures of the ICNS file in an order of chance: here they stand by their type.
# The form: a type of four letters and a length that counts its own head, of the file and of each picture.
node -e '
    const { readFileSync, writeFileSync } = require("node:fs");
    const file = readFileSync(process.argv[1]);
    const pictures = [];
    for (let at = 8; at < file.length; at += pictures.at(-1).length)
        pictures.push(file.subarray(at, at + file.readUInt32BE(at + 4)));
    const type = (picture) => picture.toString("latin1", 0, 4);
    pictures.sort((a, b) => (type(a) < type(b) ? -1 : 1));
    writeFileSync(process.argv[1], Buffer.concat([file.subarray(0, 8), ...pictures]));
' "$scratch/app/icon.icns"

rm -f icons/*.png icons/*.ico icons/*.icns
cp "$scratch/app/icon.ico" "$scratch/app/icon.icns" "$scratch"/sizes/*.png icons/
cp "$scratch/tray/64x64.png" icons/tray.png
cp "$scratch/working/64x64.png" icons/tray-working.png
