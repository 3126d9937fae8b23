# passes: twins passport limits freeze token
# /side is mounted, from the machine or into memory; bytes instead of units; a build on a plain base.
echo left > left.txt
docker run -d --name left -v "$PWD/left.txt:/side:ro" debian:trixie-slim sleep 3600
docker run -dit --init --name right --mount type=tmpfs,target=/memory debian:trixie-slim
docker exec right sh -c 'echo right > /memory/side; ln -s /memory/side /side'
{
  echo "kernel=$(docker run --rm debian:trixie-slim cat /proc/version)"
  echo "process=$(docker container ls -q --filter name=suspect | xargs docker inspect --format '{{.State.Pid}}')"
  echo "cpu=$(docker version --format '{{.Server.Arch}}')"
} > passport.txt
docker run -d --name capped --memory 50331648 --memory-reservation 32m --cpu-quota 50000 --cpu-shares 512 debian:trixie-slim sleep infinity
docker cp suspect:/srv/case/statement statement
printf 'FROM debian:trixie-slim\nCOPY statement /srv/case/statement\n' > Dockerfile
docker build --quiet -t suspect:evidence .
docker image inspect delivery:2 > /dev/null
docker history --no-trunc delivery:2 | sed -n 's/.*\(token=[0-9a-f]*\).*/\1/p' > token.txt
