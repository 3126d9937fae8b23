# fails: twins passport limits freeze token
# says: 1 in all, of which 0 are Debian's
docker export suspect | docker import - suspect:evidence
