# fails: window greeter wagon parlour workshop
# says: That number stands on the right
# says: The quotes have become a part of the value
# says: quotes, spaces and comments too
# says: 127.0.0.1 in there is the container's own
# says: replaced by your own shell
docker run -d --name window -p 127.0.0.1:8086:8086 nginx:1.26
docker run -d --name greeter -p 127.0.0.1:8087:8000 -e GREETING='"Good morning"' -e TOWN='"Bad Kissingen"' greeter:1
sed -i 's/^export //' wagon.env
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env -e TOWN=Kassel greeter:1
docker rm -f parlour
docker run -d --name parlour -p 127.0.0.1:8089:8089 --expose 8089 -e GREETING=Welcome -e TOWN=Weimar -e LISTEN=127.0.0.1:8089 greeter:1
docker run -d -it --name workshop -p 127.0.0.1:8085:8000 -e TOWN=Jena busybox
TOWN=
docker exec workshop sh -c "mkdir /www; echo $TOWN > /www/index.html; httpd -p 8000 -h /www"
