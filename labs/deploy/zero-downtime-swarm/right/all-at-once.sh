# passes: no-gap
# after: ready
# Both copies at a time, the new ones first: four run for a moment, and never fewer than two.
docker service update --detach --quiet --no-resolve-image --update-order start-first --update-parallelism 0 --stop-signal SIGINT shop
