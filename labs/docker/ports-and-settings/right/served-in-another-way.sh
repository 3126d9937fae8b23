# passes: window greeter wagon parlour workshop
# nginx on a port of its own, a restart in between, and an answer from nc instead of a server's page.
printf 'server { listen 8080; location / { return 200 "the first window\\n"; } }\n' > window.conf
docker run -d --name window -v "$PWD/window.conf:/etc/nginx/conf.d/default.conf:ro" -p 127.0.0.1:8086:8080 nginx:1.26
docker run -d --name greeter --restart unless-stopped -p 127.0.0.1:8087:8000 --env 'GREETING=Good morning' --env 'TOWN=Bad Kissingen' greeter:1
docker restart -t 0 greeter
cat > wagon.env <<'END'
TOWN=Fulda
GREETING=Fresh bread
LISTEN=8500
END
docker run -d --name wagon --env-file wagon.env --env TOWN=Kassel --expose 8500 -p 127.0.0.1:8088:8500 greeter:1
docker rm -f parlour
docker run -d --name parlour --network bridge -p 127.0.0.1:8089:8000 -e TOWN=Weimar -e GREETING=Welcome -e LISTEN=8000 greeter:1
docker run -d -i -t --name workshop -e TOWN=Jena -p 127.0.0.1:8085:8000 busybox sh
docker exec workshop sh -c 'printf "HTTP/1.0 200 OK\r\n\r\n%s\r\n" "$TOWN" > /answer'
docker exec -d workshop sh -c 'while true; do nc -l -p 8000 < /answer; done'
