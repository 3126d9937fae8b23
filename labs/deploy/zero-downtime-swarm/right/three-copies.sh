# passes: no-gap
# after: ready
# With a third copy, one may go before the next comes: two are always at work. It waits for the end.
docker service update --quiet --no-resolve-image --replicas 3 --update-order stop-first --update-parallelism 1 \
  --stop-signal SIGTERM shop
