# after: network
# fails: keep-orders shop price-list
# says: localhost and 127.0.0.1 are that container itself
# says: every port of site published on 127.0.0.1 only
docker run -d --name shop --network shop -p 127.0.0.1:8092:3000 -e DATABASE_URL=postgres://shop:cinnamon@db:5432/shop -e REDIS_URL=redis://localhost:6379 shop:1.0.0
docker run -d --name site -p 8093:80 -v "$PWD/site":/usr/share/nginx/html:ro nginx:1.26
