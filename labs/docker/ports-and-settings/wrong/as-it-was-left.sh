# fails: window greeter wagon workshop
# says: Neither EXPOSE nor --expose publishes a port
# says: EXPOSE is only a note
# says: Docker refuses a name with a space in it
# says: Name no program behind the image
# after: parlour
docker run -d --name window --expose 8086 nginx:1.26
docker run -d --name greeter -p 127.0.0.1:8087:9999 -e GREETING='Good morning' -e TOWN='Bad Kissingen' greeter:1
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env -e TOWN=Kassel greeter:1 || true
docker run -d --name workshop -p 127.0.0.1:8085:8000 -e TOWN=Jena busybox sh -c 'mkdir /www; echo "$TOWN" > /www/index.html; httpd -f -p 8000 -h /www'
