# fails: no-gap
# fails: bad-version
# says: only 1 (update order stop-first, rollback order start-first)
# All but the order is right: a copy goes before the next has proven anything.
docker service update --detach --quiet --no-resolve-image --health-cmd "node -e \"fetch('http://127.0.0.1:3000/health').then(r => process.exit(r.ok ? 0 : 1))\"" \
  --health-interval 1s --health-timeout 5s --health-retries 3 --health-start-period 3s --update-parallelism 1 --stop-signal SIGTERM \
  --update-failure-action rollback --rollback-order start-first shop
