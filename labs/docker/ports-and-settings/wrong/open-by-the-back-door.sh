# fails: window greeter wagon parlour workshop
# says: -P publishes every exposed port on every address
# says: Without 127.0.0.1: in front of it, a port is open to the whole network
# says: the old one is still there
# says: port 8000 of workshop published at 127.0.0.1:8085
# says: window is running
# says: docker unpause window
docker run -d --name window -p 127.0.0.1:8086:80 nginx:1.26
docker pause window
# Two are made and not started, so that proving the lab opens nothing to the network.
docker create --name greeter -P -p 127.0.0.1:8087:8000 -e GREETING='Good morning' -e TOWN='Bad Kissingen' greeter:1
printf 'GREETING=Fresh bread\nTOWN=Fulda\nLISTEN=8500\n' > wagon.env
docker create --name wagon -p 127.0.0.1:8088:8500 -p 8090:8500 --env-file wagon.env -e TOWN=Kassel greeter:1
docker exec parlour sh -c 'httpd -p "$(hostname -i):8000" -h /www'
docker run -d -it --name workshop -p 127.0.0.1:8085:80 -e TOWN=Jena busybox
docker exec workshop sh -c 'mkdir /www; echo "$TOWN" > /www/index.html; httpd -p 80 -h /www'
