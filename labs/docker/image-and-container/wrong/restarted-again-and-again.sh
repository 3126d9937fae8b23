# fails: twins passport limits freeze token
# says: left keeps running
# says: was started again
# says: that limit, and 464 MiB (486539264 bytes) of swap
# says: one line process=
# says: 3 in all, 1 of them from Debian
docker run -d --restart always --name left debian:trixie-slim sh -c 'echo left > /side; sleep 1.5'
docker run -d --name right debian:trixie-slim sleep 36000
docker exec right sh -c 'echo right > /side'
docker run -d --name capped --memory 48m --memory-swap 512m --cpus 0.5 debian:trixie-slim sleep 36000
{
  echo process=1
  echo "process=$(docker inspect --format '{{.State.Pid}}' suspect)"
  echo "kernel=$(uname -r)"
  echo "cpu=$(docker image inspect --format '{{.Architecture}}' debian:trixie-slim)"
} > passport.txt
docker cp suspect:/srv/case case
printf 'FROM debian:trixie-slim\nCOPY case /srv/case\nRUN rm /etc/issue\n' > Dockerfile
docker build --quiet -t suspect:evidence .
docker wait left
