# passes: broken till desk bell tidy
# Values as the engine prints them; programs in a terminal, which ends its lines in another way.
{
  echo "container=$(docker inspect --format '{{.Name}}' oven)"
  echo "status=$(docker wait oven)"
  echo "reason=$(docker logs --tail 1 oven)"
} > incident.txt
docker restart -t 0 till
script -qec 'docker exec -t till cat /var/takings' /dev/null > takings.txt
docker create -it --rm --name desk debian:trixie-slim bash
docker start desk
docker run -dit --name doorbell --restart on-failure:2 debian:trixie-slim sh -c 'echo ring; exit 7'
docker rm -f tasting mixer
docker container ls -aq --filter name=slicer | xargs docker rm
docker rmi "$(docker images -q recipe:old)"
