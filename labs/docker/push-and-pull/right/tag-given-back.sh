# passes: push-first new-price pin log-out
# The tag 1.0 was moved and given back; meanwhile the branch runs the first list, by Compose.
docker login --username ana --password-stdin 127.0.0.1:5002 < password.txt
mv password.txt ..
rm ../password.txt
docker build --quiet --tag 127.0.0.1:5002/menu:1.0 menu
docker push 127.0.0.1:5002/menu:1.0
digest=$(docker image inspect --format '{{index .RepoDigests 0}}' 127.0.0.1:5002/menu:1.0)
echo 'Tea: 5 coins' > menu/index.html
docker build --quiet --tag 127.0.0.1:5002/menu:1.0 --tag 127.0.0.1:5002/menu:1.1 --tag 127.0.0.1:5002/menu menu
docker push --quiet --all-tags 127.0.0.1:5002/menu
cat > compose.yaml <<END
services:
  branch:
    container_name: branch
    image: $digest
    ports: ["127.0.0.1:8096:8080"]
END
docker compose up --detach
echo 'Tea: 4 coins' > menu/index.html
docker build --quiet --no-cache --tag 127.0.0.1:5002/menu:1.0 menu
docker push --quiet 127.0.0.1:5002/menu:1.0
docker logout 127.0.0.1:5002
