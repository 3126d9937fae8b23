# after: push-first
# fails: new-price pin log-out
# says: An image id is known to this machine only
id=$(docker image inspect --format '{{.Id}}' 127.0.0.1:5002/menu:1.0)
docker run -d --name branch -p 127.0.0.1:8096:8080 "$id"
docker logout 127.0.0.1:5002
