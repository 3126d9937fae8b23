# fails: twins passport limits freeze token
# says: right was made from debian:trixie-slim
# says: Containers share no files
# says: its number inside the container
# says: The distribution comes with the image
# says: A reservation is what it should get
# says: Shares weigh containers
# says: not from the container's image
# says: at full length
docker run -d --name left debian:trixie-slim sleep 36000
docker exec left sh -c 'echo left > /side'
docker commit left half-way:1
docker run -d --name right half-way:1 sleep 36000
{
  echo "process=$(docker exec suspect sh -c 'echo 1')"
  echo "kernel=$(docker exec suspect cat /etc/debian_version)"
  echo "cpu=$(docker exec suspect uname -m)"
} > passport.txt
docker run -d --name capped --memory-reservation 48m --cpu-shares 512 debian:trixie-slim sleep 36000
docker tag debian:trixie-slim suspect:evidence
docker history --format '{{.CreatedBy}}' delivery:2 | grep token > token.txt || true
