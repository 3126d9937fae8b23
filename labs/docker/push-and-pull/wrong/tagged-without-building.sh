# after: push-first
# fails: new-price pin log-out
# says: A tag only names an image
echo 'Tea: 5 coins' > menu/index.html
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:1.1
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:latest
docker push --all-tags 127.0.0.1:5002/menu
docker logout 127.0.0.1:5002
