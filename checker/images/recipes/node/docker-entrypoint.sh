#!/bin/sh
# `docker run node:24 app.js`, also with a path before it, and `docker run node:24 --version` mean
# node; a program means itself.
set -e

is_a_program() {
    command -v "$1" > /dev/null && { [ ! -f "$1" ] || [ -x "$1" ]; }
}

case "${1:-}" in
    -*) set -- node "$@" ;;
    *) is_a_program "${1:-node}" || set -- node "$@" ;;
esac
exec "$@"
