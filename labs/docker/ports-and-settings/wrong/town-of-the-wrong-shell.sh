# fails: window greeter wagon workshop
# says: replaced by your own shell
# after: parlour
docker run -d -it --name workshop -p 127.0.0.1:8085:8000 -e TOWN=Jena busybox
TOWN=
docker exec workshop sh -c "mkdir /www; echo $TOWN > /www/index.html; httpd -p 8000 -h /www"
