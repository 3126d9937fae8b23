#!/bin/sh
# Options and scripts are node's; anything that is a program runs as it is.
set -e
case "$1" in
  -*) set -- node "$@" ;;
  *) command -v -- "$1" > /dev/null || set -- node "$@" ;;
esac
exec "$@"
