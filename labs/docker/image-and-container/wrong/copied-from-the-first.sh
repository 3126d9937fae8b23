# fails: twins passport limits freeze token
# says: right was made from debian:trixie-slim
# says: Containers share no files
docker run -d --name left debian:trixie-slim sleep 36000
docker exec left sh -c 'echo left > /side'
docker commit left half-way:1
docker run -d --name right half-way:1 sleep 36000
