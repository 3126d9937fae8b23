# fails: bell
# says: always and unless-stopped also restart after a success
# after: broken till desk tidy
docker run -d --name doorbell --restart unless-stopped debian:trixie-slim sh -c 'echo ring; exit 7'
