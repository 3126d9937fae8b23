# fails: no-gap
# fails: bad-version
# says: the door as it was
# says: retries 3
# after: ready
# The door sends a second time what was cut off.
sed -i 's/retries 0/retries 3\n    retry-on all-retryable-errors/' haproxy.cfg
docker restart --time 1 door
docker service update --detach --quiet --no-resolve-image --update-order start-first --update-parallelism 1 shop
