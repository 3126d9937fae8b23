# after: push-first
# fails: new-price pin log-out
# says: A tag can be moved
docker run -d --name branch -p 127.0.0.1:8096:8080 127.0.0.1:5002/menu:1.0
docker logout 127.0.0.1:5002
