# fails: keep-orders network shop price-list
# says: another volume is at /var/lib/postgresql/data
docker exec db pg_dump -U shop shop > orders.sql
docker rm -f db
docker run -d --name db -e POSTGRES_USER=shop -e POSTGRES_PASSWORD=cinnamon -v orders:/var/lib/postgresql postgres:17
until docker exec db pg_isready --quiet --host 127.0.0.1; do sleep 0.2; done
docker exec -i db psql -U shop --quiet < orders.sql
