# fails: keep-orders network shop price-list
# says: serves a copy
docker run -d --name site -p 127.0.0.1:8093:80 nginx:1.26
docker cp site/index.html site:/usr/share/nginx/html/index.html
