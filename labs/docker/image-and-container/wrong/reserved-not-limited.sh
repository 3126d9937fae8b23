# fails: twins passport limits freeze token
# says: A reservation is what it should get
# says: Shares weigh containers
docker run -d --name capped --memory-reservation 48m --cpu-shares 512 debian:trixie-slim sleep 36000
