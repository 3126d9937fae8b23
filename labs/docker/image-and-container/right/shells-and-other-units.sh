# passes: twins passport limits freeze token
# The first program writes its own file; other units and options; the image changes a setting too.
for name in left right; do
  docker run -d --restart unless-stopped --name "$name" debian:trixie-slim sh -c "echo $name > /side; exec sleep infinity"
done
cat > passport.txt <<END
cpu = $(docker exec suspect uname -m)
kernel = $(docker exec suspect uname -sr)
process = $(docker container inspect suspect | sed -n 's/.*"Pid": \([0-9]*\),.*/\1/p')
END
docker run -dit --name capped -m 49152k --memory-swap 96m --cpus=.5 debian:trixie-slim
docker stop -t 0 suspect
docker commit --change 'CMD ["cat", "/srv/case/statement"]' suspect suspect:evidence
docker start suspect
sed -i "s/^process = .*/process = $(docker inspect --format '{{.State.Pid}}' suspect)/" passport.txt
docker image history --no-trunc --format json delivery:2 | grep -o 'token=[0-9a-f]*' | head -n 1 | cut -d = -f 2 | tr -d '\n' > token.txt
