# fails: window greeter wagon workshop
# says: quotes, spaces and comments too
# after: parlour
sed -i 's/^export //' wagon.env
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env -e TOWN=Kassel greeter:1
