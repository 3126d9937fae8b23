# after: push-first
# fails: new-price pin log-out
# says: A tag only names an image
# says: every port of branch published on 127.0.0.1 only
# says: found notes/login
echo 'Tea: 5 coins' > menu/index.html
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:1.1
docker tag 127.0.0.1:5002/menu:1.0 127.0.0.1:5002/menu:latest
docker push --all-tags 127.0.0.1:5002/menu
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' 127.0.0.1:5002/menu:1.0)
docker run -d --name branch -p 8096:8080 "$digest"
mkdir notes
printf 'ana:%s' "$(cat password.txt)" | base64 > notes/login
rm password.txt
docker logout 127.0.0.1:5002
