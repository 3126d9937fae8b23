# fails: twins passport limits freeze token
# says: a program that takes its time
docker run -d --name left debian:trixie-slim sh -c 'echo left > /side'
docker run -d --name right debian:trixie-slim sh -c 'echo right > /side'
docker wait left right
