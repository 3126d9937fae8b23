# fails: keep-orders network shop price-list
# says: a new volume begins empty
docker rm -f db
docker run -d --name db -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -v orders:/var/lib/postgresql/data postgres:17
