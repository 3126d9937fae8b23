# fails: keep-orders network shop price-list
# says: cache in the network shop
docker network create shop
docker network connect shop db
docker run -d --name cache redis:8
