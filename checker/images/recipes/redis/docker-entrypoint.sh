#!/bin/sh
# `docker run redis --appendonly yes` and `docker run redis my.conf` mean redis-server; the server
# runs as redis, which owns /data, and answers others than localhost unless told otherwise.
set -eu

case "${1:-}" in
    -* | *.conf) set -- redis-server "$@" ;;
esac

says_whom_to_answer() {
    for word; do
        case "$word" in
            --protected-mode) return 0 ;;
            *.conf) ! grep -qi '^[[:space:]]*protected-mode' "$word" 2> /dev/null || return 0 ;;
        esac
    done
    return 1
}

if [ "${1:-}" = redis-server ]; then
    says_whom_to_answer "$@" || set -- "$@" --protected-mode no
    if [ "$(id -u)" = 0 ]; then
        find . \! -user redis -exec chown redis:redis '{}' +
        umask 0077
        exec setpriv --reuid=redis --regid=redis --clear-groups -- "$@"
    fi
fi
exec "$@"
