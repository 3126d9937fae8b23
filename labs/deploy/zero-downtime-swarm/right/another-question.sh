# passes: ready bad-version
# Node's older module asks, and half as often; to go back, all copies are replaced at a time.
docker service update --detach --quiet --no-resolve-image \
  --health-cmd "node -e \"require('http').get({host: '127.0.0.1', port: 3000, path: '/health'}, r => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))\"" \
  --health-interval 2s --health-timeout 5s --health-retries 2 --health-start-period 4s \
  --update-order start-first --update-parallelism 1 --stop-signal SIGTERM \
  --update-failure-action rollback --rollback-order start-first --rollback-parallelism 0 shop
