# fails: twins passport limits freeze token
# says: your own shell
docker run -d --name left debian:trixie-slim sleep 36000
docker run -d --name right debian:trixie-slim sleep 36000
docker exec left echo left > side
docker exec right echo right > side
