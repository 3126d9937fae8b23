# after: push-first
# fails: new-price pin log-out
# says: The tag 1.0 was moved
# says: A tag can be moved
# says: Log out: docker logout
docker run -d --name branch -p 127.0.0.1:8096:8080 127.0.0.1:5002/menu:1.0
echo 'Tea: 5 coins' > menu/index.html
docker build -t 127.0.0.1:5002/menu:1.0 -t 127.0.0.1:5002/menu:1.1 -t 127.0.0.1:5002/menu:latest menu
docker push --all-tags 127.0.0.1:5002/menu
rm password.txt
