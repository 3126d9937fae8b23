# fails: keep-orders network shop price-list
# says: it is in a volume that nobody named
# says: the volume orders is at /var/lib/postgresql
# says: cache in the network shop
# says: serves a copy
docker exec db pg_dump -U shop shop > orders.sql
docker rm -f db
docker run -d --name db -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -v orders:/var/lib/postgresql postgres:17
for each in $(seq 60); do
  docker exec db pg_isready --quiet --host 127.0.0.1 && break
  sleep 0.3
done
docker exec -i db psql -U shop --quiet < orders.sql
docker network create shop
docker network connect shop db
docker network disconnect bridge db
docker run -d --name cache redis:8
docker run -d --name site -p 127.0.0.1:8093:80 nginx:1.26
docker cp site/index.html site:/usr/share/nginx/html/index.html
