# fails: keep-orders network shop price-list
# says: it is in the container's own layer
# says: each of the three orders once
# says: docker network disconnect bridge db
# says: site runs nginx 1.26
docker exec db pg_dump -U shop --data-only --inserts --column-inserts shop | sed -n 's/INSERT INTO public.orders (id, item, quantity) OVERRIDING SYSTEM VALUE VALUES ([0-9]*, /INSERT INTO orders (item, quantity) VALUES (/p' > orders.sql
docker rm -f db
docker run -d --name db -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -e PGDATA=/var/lib/postgresql/17 -v orders:/var/lib/postgresql/data postgres:17
for each in $(seq 60); do
  docker exec db pg_isready --quiet --host 127.0.0.1 && break
  sleep 0.3
done
docker exec db psql -U shop -c "CREATE TABLE orders (id serial PRIMARY KEY, item text, quantity integer)"
docker exec -i db psql -U shop --quiet < orders.sql
docker exec -i db psql -U shop --quiet < orders.sql
docker network create shop
docker network connect shop db
docker run -d --name cache --network shop redis:8
docker run -d --name site -p 127.0.0.1:8093:80 -v "$PWD/site":/www:ro busybox httpd -f -p 80 -h /www
