# after: push-first
# fails: new-price pin log-out
# says: Push it: docker push 127.0.0.1:5002/menu:latest
# says: An image id is known to this machine only
# says: variable PASSWORD of keeper
id=$(docker image inspect --format '{{.Id}}' 127.0.0.1:5002/menu:1.0)
docker run -d --name branch -p 127.0.0.1:8096:8080 "$id"
echo 'Tea: 5 coins' > menu/index.html
docker build -t 127.0.0.1:5002/menu:1.1 menu
docker push 127.0.0.1:5002/menu:1.1
docker create --name keeper -e PASSWORD="$(cat password.txt)" busybox:1.37
rm password.txt
docker logout 127.0.0.1:5002
