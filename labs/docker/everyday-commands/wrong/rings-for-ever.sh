# fails: broken till desk bell tidy
# says: always and unless-stopped also restart after a success
docker run -d --name doorbell --restart unless-stopped debian:trixie-slim sh -c 'echo ring; exit 7'
