# fails: window greeter wagon workshop
# says: Name no program behind the image
# after: parlour
docker run -d --name workshop -p 127.0.0.1:8085:8000 -e TOWN=Jena busybox sh -c 'mkdir /www; echo "$TOWN" > /www/index.html; httpd -f -p 8000 -h /www'
