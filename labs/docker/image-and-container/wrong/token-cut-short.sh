# fails: token
# says: at full length
# after: twins passport limits freeze
docker history --format '{{.CreatedBy}}' delivery:2 | grep token > token.txt || true
