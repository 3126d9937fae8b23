# fails: window greeter wagon workshop
# says: a port is open to the whole network
# says: Kassel is for today only
# says: greeter: variable GREETING=Good morning
# says: terminal: yes, input: no
# after: parlour
# It is made and not started, so that proving the lab opens nothing to the network.
docker create --name window -p 8086:80 nginx:1.26
printf 'GREETING=Fresh bread\nTOWN=Kassel\nLISTEN=8500\n' > wagon.env
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env greeter:1
docker run -d --name greeter -p 127.0.0.1:8087:8000 greeter:1
docker exec greeter sh -c 'until [ -d /www ]; do sleep 0.1; done; echo Good morning from Bad Kissingen > /www/index.html'
docker run -dt --name workshop -p 127.0.0.1:8085:8000 -e TOWN=Jena busybox
