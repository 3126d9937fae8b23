# fails: broken till desk bell tidy
# says: A new container begins with the image's files alone
docker rm till
docker run -d --name till debian:trixie-slim sleep 36000
docker exec till cat /var/takings > takings.txt || true
