#!/bin/sh
# Before nginx starts, whatever is in /docker-entrypoint.d runs, in the order of its name.
set -e

say() {
  [ -n "$NGINX_ENTRYPOINT_QUIET_LOGS" ] || echo "$0: $*"
}

if [ "$1" = nginx ] || [ "$1" = nginx-debug ]; then
  for file in /docker-entrypoint.d/*; do
    case "$file" in
      *.envsh) if [ -x "$file" ]; then say "Sourcing $file"; . "$file"; else say "Ignoring $file, not executable"; fi ;;
      *.sh) if [ -x "$file" ]; then say "Launching $file"; "$file"; else say "Ignoring $file, not executable"; fi ;;
      *) say "Ignoring $file" ;;
    esac
  done
  say "Configuration complete; ready for start up"
fi

exec "$@"
