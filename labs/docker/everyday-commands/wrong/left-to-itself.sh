# fails: broken till desk bell tidy
# says: till is running
# says: nothing to read from
# says: always and unless-stopped also restart after a success
docker cp till:/var/takings takings.txt
docker run -d --name desk debian:trixie-slim
docker wait desk
docker run -d --name doorbell --restart unless-stopped debian:trixie-slim sh -c 'echo ring; exit 7'
