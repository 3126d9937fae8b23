#!/bin/sh
# `docker run redis --appendonly yes` and `docker run redis my.conf` mean redis-server; the server
# runs as redis, which owns /data, and answers others than localhost unless told otherwise.
set -eu

case "${1:-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ]; then
    case " $* " in
        *" --protected-mode "* | *.conf*) ;;
        *) set -- "$@" --protected-mode no ;;
    esac
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis:redis '{}' +
        umask 0077
        exec setpriv --reuid=redis --regid=redis --clear-groups -- "$@"
    fi
fi
exec "$@"
