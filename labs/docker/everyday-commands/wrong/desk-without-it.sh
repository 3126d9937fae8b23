# fails: desk bell
# says: nothing to read from
# after: broken till tidy
docker run -d --name desk debian:trixie-slim
docker wait desk
