# fails: twins passport limits freeze token
# says: your own shell
# says: found 48000000 bytes
# says: 1 in all, 0 of them from Debian
docker run -d --name left debian:trixie-slim sleep 36000
docker run -d --name right debian:trixie-slim sleep 36000
docker exec left echo left > side
docker exec right echo right > side
docker run -d --name capped --memory 48000000 --cpus 0.5 debian:trixie-slim sleep 36000
docker export suspect | docker import - suspect:evidence
