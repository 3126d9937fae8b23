# after: network
# fails: keep-orders shop price-list
# says: successor has another address
# says: stays the old one when an editor replaces it
address=$(docker inspect --format '{{.NetworkSettings.Networks.shop.IPAddress}}' db)
docker run -d --name shop --network shop -p 127.0.0.1:8092:3000 -e DATABASE_URL="postgres://shop:cinnamon@$address:5432/shop" -e REDIS_URL=redis://cache:6379 shop:1.0.0
docker run -d --name site -p 127.0.0.1:8093:80 -v "$PWD/site/index.html":/usr/share/nginx/html/index.html:ro nginx:1.26
