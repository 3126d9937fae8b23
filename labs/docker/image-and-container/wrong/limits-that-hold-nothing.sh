# fails: twins passport limits freeze token
# says: paused, so none of its processes runs
# says: docker unpause left
# says: swap without a limit
# says: That is when and how this kernel was built
# says: a limit of 0.5 processors for capped
for name in left right; do
  docker run -d --name "$name" debian:trixie-slim sleep 36000
  docker exec "$name" sh -c "echo $name > /side"
done
docker pause left right
printf 'process=1\nkernel=%s\ncpu=amd64\n' "$(docker exec suspect uname -v)" > passport.txt
docker run -d --name capped --memory 48m --memory-swap -1 --cpus 1.5 debian:trixie-slim sleep 36000
