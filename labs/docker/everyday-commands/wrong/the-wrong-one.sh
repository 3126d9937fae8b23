# fails: broken till desk bell tidy
# says: somebody killed till
# says: It wrote that, but something else after it
# says: A new container begins with the image's files alone
# says: Name no program behind the image
# says: it lacks a terminal (-t) and an open input (-i)
# says: it would stay, stopped
# says: doorbell has the restart policy on-failure
# says: no container tasting
# says: that one goes first
printf 'container=till\nstatus=137\nreason=batch 2 baked\n' > incident.txt
docker rm till
docker run -d --name till debian:trixie-slim sleep 36000
docker exec till cat /var/takings > takings.txt || true
docker run -d --name desk debian:trixie-slim sleep infinity
docker run --name doorbell debian:trixie-slim sh -c 'echo ring; exit 7' || true
for time in 1 2; do
  docker start -a doorbell || true
done
docker image rm recipe:old || docker rm mixer slicer
