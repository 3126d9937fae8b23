# fails: window greeter wagon workshop
# says: Kassel is for today only
# after: parlour
printf 'GREETING=Fresh bread\nTOWN=Kassel\nLISTEN=8500\n' > wagon.env
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env greeter:1
