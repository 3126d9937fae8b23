# passes: keep-orders network shop price-list
# The files of the stopped database are copied; containers join their network when they are made.
docker stop db
docker run --rm --volumes-from db -v orders:/new --entrypoint sh postgres:17 -c 'cp -a "$PGDATA/." /new'
docker rm -v db
docker network create --subnet 10.91.0.0/24 shop
docker run -d --name db --network shop -e POSTGRES_PASSWORD=cinnamon --mount type=volume,src=orders,dst=/var/lib/postgresql/data postgres:17
docker create --name cache --network shop redis:8
docker start cache

cat > shop.env <<'END'
DATABASE_URL=postgresql://shop:cinnamon@db.shop/shop?sslmode=disable
REDIS_URL=redis://cache.shop
END
docker create --name shop --env-file shop.env -p 127.0.0.1:8092:3000 shop:1.0.0
docker network connect shop shop
docker start shop

docker run -d --name site -p 127.0.0.1:8093:80 --mount type=bind,src="$PWD/site",dst=/usr/share/nginx/html,readonly nginx:1.26
