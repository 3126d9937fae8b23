#!/bin/sh
# `docker run node:24 app.js` and `docker run node:24 --version` mean node; a program means itself.
set -e
case "${1:-}" in
    -*) set -- node "$@" ;;
    *) command -v "${1:-node}" > /dev/null || set -- node "$@" ;;
esac
exec "$@"
