# fails: broken till desk bell tidy
# says: Name no program behind the image
# says: it lacks a terminal (-t) and an open input (-i)
# says: it would stay, stopped
docker run -d --name desk debian:trixie-slim sleep infinity
