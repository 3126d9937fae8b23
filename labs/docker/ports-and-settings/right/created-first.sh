# passes: window greeter wagon parlour workshop
# Containers are created and then started; variables are passed on; another loopback address too.
docker create --name window -p 127.0.0.1:8086:80 -p '[::1]:8086:80' nginx:1.26
docker start window
export GREETING='Good morning' TOWN='Bad Kissingen'
docker create --name greeter -e GREETING -e TOWN -e LISTEN=80 -p 127.0.0.1:8087:80 greeter:1
docker start greeter
unset GREETING
sed -i -e 's/^export //' -e 's/ *#.*port$//' -e 's/"//g' wagon.env
export TOWN=Kassel
docker create --name wagon -e TOWN --env-file wagon.env -p 127.0.0.1:8088:8500 greeter:1 /greet
docker start wagon
docker rename parlour old-parlour
docker stop -t 0 old-parlour
docker create --name parlour -p 127.0.0.1:8089:8000 -e GREETING=Welcome -e TOWN=Weimar -e LISTEN= greeter:1
docker start parlour
docker create -it --name workshop --init -p 127.0.0.1:8085:8000 -p 127.0.0.1::8001 -e TOWN=Jena busybox ash
docker start workshop
docker exec -d workshop sh -c 'mkdir -p /tmp/page; printf "This is %s." "$TOWN" > /tmp/page/index.html; exec httpd -f -p 0.0.0.0:8000 -h /tmp/page'
