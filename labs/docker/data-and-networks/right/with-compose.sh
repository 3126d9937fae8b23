# passes: keep-orders network shop price-list
# All four are described in one file, and the orders are entered again from a list.
docker exec db psql -U shop -c "COPY orders (item, quantity) TO STDOUT" > orders.tsv
docker rm -f -v db
cat > compose.yaml <<'END'
name: branch
services:
  db:
    image: docker.io/library/postgres:17
    container_name: db
    environment: {POSTGRES_USER: shop, POSTGRES_PASSWORD: cinnamon}
    volumes: ["orders:/var/lib/postgresql/data"]
    networks: [shop]
  cache:
    image: redis:8
    container_name: cache
    networks: [shop]
  shop:
    image: shop:1.0.0
    pull_policy: never
    container_name: shop
    environment:
      DATABASE_URL: postgres:///shop?host=db&user=shop&password=cinnamon
      REDIS_URL: redis://cache:6379/0
    ports: ["127.0.0.1:8092:3000"]
    networks: [shop, outside]
  site:
    image: nginx:1.26
    container_name: site
    ports: ["127.0.0.1:8093:80"]
    volumes: ["./site:/srv/site:ro", "./site.conf:/etc/nginx/conf.d/default.conf:ro"]
volumes:
  orders: {name: orders}
networks:
  shop: {name: shop}
  outside: {}
END
cat > site.conf <<'END'
server {
  listen 80;
  root /srv/site;
}
END
docker compose up --detach --quiet-pull
for each in $(seq 60); do
  docker exec db pg_isready --quiet --host 127.0.0.1 && break
  sleep 0.3
done
docker exec db psql -U shop -c "CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, item text NOT NULL, quantity integer NOT NULL)"
docker exec -i db psql -U shop -c "COPY orders (item, quantity) FROM STDIN" < orders.tsv
