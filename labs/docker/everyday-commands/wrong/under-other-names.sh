# fails: broken till desk bell tidy
# says: one line container=
# says: It wrote that, but something else after it
# says: another container of that name
# says: desk is running
# says: docker unpause desk
# says: Docker started it again 0 times
# says: still there under another name: old-mixer
# says: it is still there as keep:1
printf 'container=oven\ncontainer=till\nstatus=42\nreason=batch 2 baked\n' > incident.txt
docker cp till:/var/takings takings.txt
docker rm till
docker run -d --name till debian:trixie-slim sleep 36000
docker cp takings.txt till:/var/takings
docker run -dit --rm --name desk debian:trixie-slim
docker pause desk
docker run --name doorbell debian:trixie-slim sh -c 'echo ring; exit 7' || true
for time in 1 2; do
  docker start -a doorbell || true
done
docker update --restart on-failure:2 doorbell
docker rename mixer old-mixer
docker rename slicer old-slicer
docker rm tasting
docker tag recipe:old keep:1
docker image rm recipe:old
