# fails: ready
# says: no health check
# All of the rollout is set, but Swarm still cannot know when a copy is ready.
docker service update --detach --quiet --no-resolve-image --update-order start-first --update-parallelism 1 --stop-signal SIGTERM --update-failure-action rollback shop
