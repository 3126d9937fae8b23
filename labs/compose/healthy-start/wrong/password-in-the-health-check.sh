# fails: secret
# fails: again
# says: services.db.healthcheck.test in compose.yaml, as it is
# says: db with restart: unless-stopped
# after: secret again
sed -i -e "s/test: \[CMD, pg_isready.*/test: [CMD-SHELL, \"PGPASSWORD=cinnamon-41 psql -h 127.0.0.1 -U shop -c 'SELECT 1'\"]/" \
  -e '/image: postgres/{n;d}' compose.yaml
