# fails: ready
# says: the health check is content with it
# /version answers, whether the database is there or not.
docker service update --detach --quiet --no-resolve-image --health-cmd "node -e \"fetch('http://127.0.0.1:3000/version').then(r => process.exit(r.ok ? 0 : 1))\"" \
  --health-interval 1s --health-timeout 5s --health-retries 3 --health-start-period 3s --update-order start-first --update-parallelism 1 --stop-signal SIGTERM shop
