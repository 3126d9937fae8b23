# fails: limits
# says: expected 50331648
# after: twins passport freeze token
docker run -d --name capped --memory 48000000 --cpus 0.5 debian:trixie-slim sleep 36000
