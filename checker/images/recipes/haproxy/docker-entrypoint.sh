#!/bin/sh
# `docker run haproxy -f my.cfg` means haproxy, which gets a master process that takes SIGUSR2 and
# SIGHUP for "read the configuration again", and stays in the foreground.
set -eu

case "${1:-}" in
    -*) set -- haproxy "$@" ;;
esac
if [ "${1:-}" = haproxy ]; then
    shift
    set -- haproxy -W -db "$@"
fi
exec "$@"
