# fails: no-gap
# fails: bad-version
# says: wrong-status
# says: with which signal is it told to end
# The signal stays SIGKILL: a copy ends in the middle of what it was doing.
docker service update --detach --quiet --no-resolve-image --health-cmd "node -e \"fetch('http://127.0.0.1:3000/health').then(r => process.exit(r.ok ? 0 : 1))\"" \
  --health-interval 1s --health-timeout 5s --health-retries 3 --health-start-period 3s --update-order start-first --update-parallelism 1 shop
