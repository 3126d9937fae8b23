# fails: freeze
# says: not from the container's image
# after: twins passport limits token
docker tag debian:trixie-slim suspect:evidence
