# fails: broken till desk bell tidy
# says: nothing to read from
docker run -d --name desk debian:trixie-slim
docker wait desk
