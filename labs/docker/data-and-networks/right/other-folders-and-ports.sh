# passes: keep-orders network shop price-list
# The database has its data elsewhere, Redis wants a password, the shop reads files and another
# port, and nginx serves a volume that is the folder itself.
docker exec db pg_dumpall -U shop > all.sql
docker rm -f db
docker run -d --name db -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -e PGDATA=/srv/shop/data -v orders:/srv/shop postgres:17
for each in $(seq 60); do
  docker exec db pg_isready --quiet --host 127.0.0.1 && break
  sleep 0.3
done
docker exec -i db psql --username shop --dbname postgres < all.sql > /dev/null
docker exec db psql -U shop -c "INSERT INTO orders (item, quantity) VALUES ('rice', 1)"

docker network create --internal shop
docker network connect --alias stock shop db
docker network disconnect bridge db
docker run -d --name cache --network shop redis:8 redis-server --requirepass pepper

mkdir settings
echo 'postgres://shop:cinnamon@stock:5432/shop' > settings/database
echo 'redis://:pepper@CACHE:6379' > settings/redis
chmod -R a+rX settings
docker run -d --name shop -p 127.0.0.1:8092:8080 -e PORT=8080 -v "$PWD/settings":/settings:ro -e DATABASE_URL_FILE=/settings/database -e REDIS_URL_FILE=/settings/redis shop:1.0.0
docker network connect shop shop

docker volume create --opt type=none --opt o=bind --opt device="$PWD/site" pages
docker run -d --name site -p 127.0.0.1:8093:80 -v pages:/usr/share/nginx/html:ro nginx:1.26
