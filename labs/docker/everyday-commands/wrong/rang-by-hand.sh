# fails: broken till desk bell tidy
# says: doorbell has the restart policy on-failure
docker run --name doorbell debian:trixie-slim sh -c 'echo ring; exit 7' || true
for time in 1 2; do
  docker start -a doorbell || true
done
