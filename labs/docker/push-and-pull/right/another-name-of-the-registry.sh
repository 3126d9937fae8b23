# passes: push-first new-price pin log-out
# The registry is called localhost; 1.1 and latest are built apart; another port in the container.
docker login --username ana --password-stdin localhost:5002 < password.txt
docker build --push --tag localhost:5002/menu:1.0 menu
sed -i 's/4/5/' menu/index.html
docker build --quiet --no-cache --tag localhost:5002/menu:1.1 menu
docker build --quiet --no-cache --tag localhost:5002/menu menu
docker push localhost:5002/menu:1.1
docker push localhost:5002/menu
docker image rm --force localhost:5002/menu:1.0
docker pull localhost:5002/menu:1.0
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' localhost:5002/menu:1.0)
docker run -d --name branch -p 127.0.0.1:8096:80 "$digest" httpd -f -p 80 -h /www
docker logout localhost:5002
: > password.txt
