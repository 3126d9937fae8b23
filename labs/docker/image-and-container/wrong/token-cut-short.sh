# fails: twins passport limits freeze token
# says: at full length
docker history --format '{{.CreatedBy}}' delivery:2 | grep token > token.txt || true
