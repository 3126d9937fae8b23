# passes: window greeter wagon parlour workshop
# All settings come from files, which have comments, blank lines and other line ends.
docker run --detach --name=window --publish=127.0.0.1:8086:80/tcp docker.io/library/nginx:1.26
printf 'TOWN=Bad Kissingen\r\n\r\nGREETING=Good morning' > greeter.env
docker run -d --name greeter -p 127.0.0.1:8087:8000 --env-file greeter.env greeter:1
printf '# settings of the stall on wheels\n\n   # its own port is the last\n\tGREETING=Fresh bread\nTOWN=Fulda\nLISTEN=8500\n' > wagon.env
echo TOWN=Kassel > today.env
docker run -d --name wagon -p 127.0.0.1:8088:8500 --env-file wagon.env --env-file today.env greeter:1
docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' parlour | grep -E '^(GREETING|TOWN)=' > parlour.env
docker rm -f parlour
docker run -d --name parlour -p 127.0.0.1:8089:9000 --env-file parlour.env -e LISTEN=0.0.0.0:9000 greeter:1
echo TOWN=Jena > workshop.env
docker run -dit --name workshop -p 127.0.0.1:8085:8000 --env-file workshop.env busybox /bin/sh -l
docker exec -i workshop sh <<'END'
mkdir /srv
printf '<!doctype html><title>Workshop</title><h1>%s</h1>\n' "$TOWN" > /srv/index.html
httpd -p 8000 -h /srv
END
