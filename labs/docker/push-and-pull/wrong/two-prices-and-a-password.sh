# after: push-first
# fails: new-price pin log-out
# says: found Tea: 4 coins Tea: 5 coins
# says: Another version is pinned
# says: no password in menu:1.1
echo 'Tea: 5 coins' >> menu/index.html
mv password.txt menu/password.txt
echo 'COPY password.txt /etc/' >> menu/Dockerfile
docker build -t 127.0.0.1:5002/menu:1.1 menu
rm menu/password.txt
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:latest
docker push --all-tags 127.0.0.1:5002/menu
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' 127.0.0.1:5002/menu:1.1)
docker run -d --name branch -p 127.0.0.1:8096:8080 "$digest"
docker logout 127.0.0.1:5002
