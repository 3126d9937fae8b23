# after: push-first
# fails: new-price pin log-out
# says: Push it: docker push 127.0.0.1:5002/menu:latest
echo 'Tea: 5 coins' > menu/index.html
docker build -t 127.0.0.1:5002/menu:1.1 menu
docker push 127.0.0.1:5002/menu:1.1
docker logout 127.0.0.1:5002
