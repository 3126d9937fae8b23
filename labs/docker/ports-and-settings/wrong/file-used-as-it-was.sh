# fails: window greeter wagon workshop
# says: Docker refuses a name with a space in it
# after: parlour
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env -e TOWN=Kassel greeter:1 || true
