# fails: twins passport limits freeze token
# says: not from the container's image
docker tag debian:trixie-slim suspect:evidence
