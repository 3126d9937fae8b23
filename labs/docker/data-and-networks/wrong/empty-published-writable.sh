# fails: keep-orders network shop price-list
# says: a new volume begins empty
# says: need no published port
# says: add :ro
docker rm -f db
docker network create shop
docker run -d --name db --network shop -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -v orders:/var/lib/postgresql/data postgres:17
docker run -d --name cache --network shop -p 127.0.0.1:6390:6379 redis:8
docker run -d --name site -p 127.0.0.1:8093:80 -v "$PWD/site":/usr/share/nginx/html nginx:1.26
