# after: network
# fails: keep-orders shop price-list
# says: every port of shop published on 127.0.0.1 only
# says: ties db to one address
address=$(docker inspect --format '{{.NetworkSettings.Networks.shop.IPAddress}}' db)
docker run -d --name shop --network shop --add-host "db:$address" -p 127.0.0.1:8092:3000 -p 9229:9229 -e DATABASE_URL=postgres://shop:cinnamon@db:5432/shop -e REDIS_URL=redis://cache:6379 shop:1.0.0
