# passes: broken till desk bell tidy
# The container is found by a loop; files are copied; a detached terminal; everything by force.
for name in mixer oven slicer; do
  status=$(docker inspect --format '{{.State.ExitCode}}' "$name")
  if [ "$status" != 0 ]; then
    printf 'container=%s\nstatus=%s\nreason=%s\n' "$name" "$status" "$(docker logs "$name" | sed -n '$p')" > incident.txt
  fi
done
docker start oven
docker start till
docker cp till:/var/takings takings.txt
docker run -i -t -d --rm --init --name desk debian:trixie-slim /bin/bash
docker rm -f desk
docker run -i -t -d --rm --init --name desk debian:trixie-slim
docker run -d --name doorbell --restart=on-failure:2 --entrypoint sh debian:trixie-slim -c 'echo ring; exit 7'
docker rm --force --volumes mixer slicer tasting
docker rmi --force recipe:old
