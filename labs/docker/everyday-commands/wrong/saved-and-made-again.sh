# fails: broken till desk bell tidy
# says: it was made from till:copy
# says: none of the machines that are left has failed
# says: Name those that should go
# says: as many as it takes
# says: oven, which was to stay
docker start till
docker commit till till:copy
docker rm -f till
docker run -d --name till till:copy sleep 36000
docker exec till cat /var/takings > takings.txt
printf 'container=oven\nstatus=42\nreason=thermostat: no signal\n' > incident.txt
docker run -d --name doorbell --restart on-failure debian:trixie-slim sh -c 'echo ring; exit 7'
docker container prune --force
docker image rm recipe:old
docker create --name oven debian:trixie-slim
