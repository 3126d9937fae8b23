# fails: wait
# fails: again
# says: orders starts, and waits for nothing
# after: secret
sed -i -e '/condition: service_healthy/d' -e 's/depends_on:/& [db, cache]/' compose.yaml
