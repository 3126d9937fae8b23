# fails: window greeter wagon parlour workshop
# says: 127.0.0.1 in there is the container's own
docker rm -f parlour
docker run -d --name parlour -p 127.0.0.1:8089:8089 --expose 8089 -e GREETING=Welcome -e TOWN=Weimar -e LISTEN=127.0.0.1:8089 greeter:1
