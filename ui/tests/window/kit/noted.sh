#!/bin/sh
# Starts the window, and notes its process and its exit code in the folder NOTES.
"$@" &
echo $! >"$NOTES/pid"
wait $!
echo $? >"$NOTES/code"
