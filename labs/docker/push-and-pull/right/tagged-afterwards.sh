# passes: push-first new-price pin log-out
# Built under other names, tagged afterwards, all tags pushed at once; tag and digest together.
docker login --username ana --password "$(cat password.txt)" 127.0.0.1:5002
docker build --quiet --tag price-list menu
docker tag price-list 127.0.0.1:5002/menu:1.0
docker push 127.0.0.1:5002/menu:1.0
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' 127.0.0.1:5002/menu:1.0)
printf '<h1>Prices</h1>\r\n<p>Tea:  5 coins</p>' > menu/index.html
docker build --quiet --tag 127.0.0.1:5002/menu menu
docker tag 127.0.0.1:5002/menu 127.0.0.1:5002/menu:1.1
docker push --all-tags 127.0.0.1:5002/menu
docker create --name branch -p 127.0.0.1:8096:8080 "127.0.0.1:5002/menu:1.0@${digest#*@}"
docker start branch
docker logout 127.0.0.1:5002
shred -u password.txt
