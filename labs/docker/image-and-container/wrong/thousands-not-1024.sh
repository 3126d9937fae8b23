# fails: twins passport limits freeze token
# says: expected 50331648
docker run -d --name capped --memory 48000000 --cpus 0.5 debian:trixie-slim sleep 36000
