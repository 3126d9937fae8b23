# fails: keep-orders network shop price-list
# says: need no published port
docker network create shop
docker network connect shop db
docker run -d --name cache --network shop -p 127.0.0.1:6390:6379 redis:8
