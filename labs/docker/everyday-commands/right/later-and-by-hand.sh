# passes: broken till desk bell tidy
# A policy that is given afterwards, lines in another order, a file without an end of its line.
printf 'reason = "thermostat: no signal"\r\nstatus = 42\r\ncontainer = oven' > incident.txt
docker container start till
printf %s "$(docker exec till cat /var/takings)" > takings.txt
docker run -dit --rm --name desk --entrypoint bash -e TERM=xterm docker.io/library/debian:trixie-slim
docker run --name doorbell busybox sh -c 'echo ring; exit 7' || true
docker update --restart on-failure:2 doorbell
docker start doorbell
docker tag recipe:old recipe:older
docker image rm recipe:old
docker container prune --force --filter label=inventory=mixer
docker container prune --force --filter label=inventory=slicer
docker container rm tasting
docker image rm recipe:older
