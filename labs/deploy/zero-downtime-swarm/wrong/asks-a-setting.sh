# fails: ready
# says: a copy in which no shop runs to be unhealthy
# It looks how the copy is set, and asks the shop nothing.
docker service update --detach --quiet --no-resolve-image --health-cmd 'test -z "$DATABASE_URL"' \
  --health-interval 1s --health-timeout 5s --health-retries 3 --health-start-period 3s --update-order start-first --stop-signal SIGTERM shop
