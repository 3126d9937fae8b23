#!/bin/sh
# NAME.template becomes NAME, with ${VARIABLE} replaced where the environment has VARIABLE.
set -e
from="${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}"
to="${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}"
suffix="${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}"
[ -d "$from" ] || exit 0
find "$from" -follow -type f -name "*$suffix" | while read -r template; do
  relative="${template#"$from"/}"
  result="$to/${relative%"$suffix"}"
  mkdir -p "$(dirname "$result")"
  perl -pe 's/\$(?:\{(\w+)\}|(\w+))/$ENV{$1 || $2} \/\/ $&/ge' "$template" > "$result"
done
