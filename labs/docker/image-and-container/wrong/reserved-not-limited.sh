# fails: limits
# says: A reservation is what it should get
# says: Shares weigh containers
# after: twins passport freeze token
docker run -d --name capped --memory-reservation 48m --cpu-shares 512 debian:trixie-slim sleep 36000
