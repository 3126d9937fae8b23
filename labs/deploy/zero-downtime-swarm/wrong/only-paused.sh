# fails: no-gap
# fails: bad-version
# says: its failure action is pause
# after: ready
# A health check stops a bad version, but by default a rollout that fails stays where it is.
docker service update --detach --quiet --no-resolve-image --rollback-order start-first shop
