#!/bin/sh
# Before nginx starts: fill in templates from the environment, then run what the user put into
# /docker-entrypoint.d in the order of the names.
set -eu

fill_in_templates() {
    variables=$(awk 'BEGIN { for (name in ENVIRON) printf "${%s} ", name }')
    for template in /etc/nginx/templates/*.template; do
        [ -f "$template" ] || continue
        envsubst "$variables" < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
    done
}

if [ "${1:-}" = nginx ] || [ "${1:-}" = nginx-debug ]; then
    fill_in_templates
    for script in /docker-entrypoint.d/*.sh; do
        if [ -x "$script" ]; then "$script"; fi
    done
fi
exec "$@"
