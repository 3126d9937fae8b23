# passes: twins passport limits freeze token
# Files are put in before the start; a limit is given afterwards; the files of layers are read.
for name in left right; do
  printf %s "$name" > side
  docker create --name "$name" docker.io/library/debian:trixie-slim sleep infinity
  docker cp side "$name:/side"
  docker start "$name"
done
{
  printf 'process=%s\r\n' "$(docker top suspect -o pid | tail -n 1)"
  printf 'kernel="%s"\r\n' "$(docker info --format '{{.KernelVersion}}')"
  printf 'cpu=%s' "$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$(docker inspect --format '{{.Image}}' suspect)")"
} > passport.txt
docker run -d --name capped debian:trixie-slim tail -f /dev/null
docker update --memory 48m --memory-swap 48m --cpu-period 20000 --cpu-quota 10000 capped
docker pause suspect
docker container commit --pause=false --author me suspect suspect:evidence
docker unpause suspect
docker save delivery:2 -o delivery.tar
mkdir delivery
tar -xf delivery.tar -C delivery
find delivery -type f | while read -r layer; do
  tar -xOf "$layer" opt/delivery/settings/access 2> no.txt >> found.txt || true
done
grep -m 1 token= found.txt > token.txt
