# passes: ready no-gap bad-version
# The health check stands in the image of each version; the service only asks more often.
cat >> Dockerfile <<'END'
HEALTHCHECK --interval=1s --timeout=5s --retries=3 --start-period=3s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3000/health').then(r => process.exit(r.status === 200 ? 0 : 1), () => process.exit(1))"]
END
for v in 1 2; do docker build --quiet --build-arg VERSION=$v --tag shop:$v .; done
docker build --quiet --build-arg VERSION=3 --build-arg DATABASE_URL=postgres://shop@127.0.0.1:1/shop --tag shop:3 .
docker service update --force --detach --quiet --no-resolve-image --update-order start-first --update-parallelism 1 \
  --stop-signal SIGTERM --stop-grace-period 20s --update-failure-action rollback --rollback-order start-first shop
