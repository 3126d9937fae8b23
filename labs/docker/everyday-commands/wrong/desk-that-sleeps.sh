# fails: desk bell
# says: Name no program behind the image
# says: it lacks a terminal (-t) and an open input (-i)
# says: it would stay, stopped
# after: broken till tidy
docker run -d --name desk debian:trixie-slim sleep infinity
