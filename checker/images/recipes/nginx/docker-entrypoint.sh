#!/bin/sh
# Before nginx starts: fill in templates from the environment, then run what the user put into
# /docker-entrypoint.d in the order of the names.
set -eu

# A kernel without IPv6 would end nginx at this line.
listen_where_possible() {
    if [ ! -f /proc/net/if_inet6 ]; then
        sed -i '/listen \[::\]:80;/d' /etc/nginx/conf.d/default.conf || true
    fi
}

fill_in_templates() {
    variables=$(awk 'BEGIN { for (name in ENVIRON) printf "${%s} ", name }')
    for template in /etc/nginx/templates/*.template; do
        [ -f "$template" ] || continue
        envsubst "$variables" < "$template" > "/etc/nginx/conf.d/$(basename "$template" .template)"
    done
}

if [ "${1:-}" = nginx ] || [ "${1:-}" = nginx-debug ]; then
    listen_where_possible
    fill_in_templates
    for script in /docker-entrypoint.d/*.sh; do
        if [ -x "$script" ]; then "$script"; fi
    done
fi
exec "$@"
