# fails: freeze
# says: 1 in all, of which 0 are Debian's
# after: twins passport limits token
docker export suspect | docker import - suspect:evidence
