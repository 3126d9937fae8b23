#!/usr/bin/env bash
# Makes a database cluster where there is none, with the user, password and database that the
# environment names, runs what is in /docker-entrypoint-initdb.d once, then starts the server.
set -Eeuo pipefail

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# NAME_FILE names a file with the value of NAME: how secrets are handed over.
read_setting() {
    local name=$1 otherwise=${2:-} file_name=${1}_FILE
    if [ -n "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
        fail "error: both $name and $file_name are set (but are exclusive)"
    fi
    local value=${!name:-$otherwise}
    if [ -n "${!file_name:-}" ]; then
        value=$(< "${!file_name}")
    fi
    export "$name=$value"
    unset "$file_name"
}

read_settings() {
    read_setting POSTGRES_PASSWORD
    read_setting POSTGRES_USER postgres
    read_setting POSTGRES_DB "$POSTGRES_USER"
    read_setting POSTGRES_INITDB_ARGS
    : "${POSTGRES_HOST_AUTH_METHOD:=}"
}

own_the_folders() {
    mkdir -p "$PGDATA"
    chmod 0700 "$PGDATA"
    find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
    mkdir -p /var/run/postgresql
    find /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
}

demand_a_password() {
    if [ -z "$POSTGRES_PASSWORD" ] && [ "$POSTGRES_HOST_AUTH_METHOD" != trust ]; then
        fail "Error: Database is uninitialized and superuser password is not specified.
       Set POSTGRES_PASSWORD to a non-empty value for the superuser, for example
       \"-e POSTGRES_PASSWORD=password\" with \"docker run\".

       POSTGRES_HOST_AUTH_METHOD=trust lets everybody in without a password:
       never do that where others can reach the database."
    fi
}

make_cluster() {
    # shellcheck disable=SC2086 # the arguments are words on purpose
    eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") '"$POSTGRES_INITDB_ARGS"
    local method=$POSTGRES_HOST_AUTH_METHOD
    if [ -z "$method" ]; then
        method=$(postgres -C password_encryption)
    fi
    printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

query() {
    PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --no-password \
        --username "$POSTGRES_USER" "$@"
}

make_database() {
    if [ "$POSTGRES_DB" != postgres ]; then
        query --dbname postgres --set db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db";'
    fi
}

run_init_files() {
    local file
    for file in /docker-entrypoint-initdb.d/*; do
        case "$file" in
            *.sh) say "$0: running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
            *.sql) say "$0: running $file"; query --dbname "$POSTGRES_DB" -f "$file" ;;
            *.sql.gz) say "$0: running $file"; gunzip -c "$file" | query --dbname "$POSTGRES_DB" ;;
            */\*) ;;
            *) say "$0: ignoring $file" ;;
        esac
    done
}

set_up() {
    demand_a_password
    make_cluster
    export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
    # Only on the socket, so that nobody outside meets a server that is not ready.
    pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p ${PGPORT:-5432}" -w start
    make_database
    run_init_files
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGPASSWORD
    say
    say 'PostgreSQL init process complete; ready for start up.'
    say
}

# Whether postgres will only tell something, for which it needs no database.
is_a_question() {
    local word
    for word; do
        case "$word" in
            '-?' | --help | --describe-config | -V | --version) return 0 ;;
        esac
    done
    return 1
}

main() {
    if [ "${1:0:1}" = '-' ]; then
        set -- postgres "$@"
    fi
    if [ "$1" = postgres ] && ! is_a_question "$@"; then
        if [ "$(id -u)" = 0 ]; then
            own_the_folders
            exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$BASH_SOURCE" "$@"
        fi
        if [ ! -s "$PGDATA/PG_VERSION" ]; then
            read_settings
            set_up
        else
            say
            say 'PostgreSQL Database directory appears to contain a database; Skipping initialization'
            say
        fi
    fi
    exec "$@"
}

main "$@"
