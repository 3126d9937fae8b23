# after: push-first
# fails: new-price pin log-out
# says: The tag 1.0 was moved
echo 'Tea: 5 coins' > menu/index.html
docker build -t 127.0.0.1:5002/menu:1.0 menu
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:1.1
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:latest
docker push --all-tags 127.0.0.1:5002/menu
docker logout 127.0.0.1:5002
