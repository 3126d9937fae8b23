# fails: keep-orders network shop price-list
# says: add :ro
docker run -d --name site -p 127.0.0.1:8093:80 -v "$PWD/site":/usr/share/nginx/html nginx:1.26
