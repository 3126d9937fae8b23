# fails: wait
# fails: again
# says: starts again what was stopped
# after: secret again
sed -i -e '/condition: service_healthy/d' -e 's/depends_on:/& [db, cache]/' \
  -e 's/unless-stopped/always/' compose.yaml
