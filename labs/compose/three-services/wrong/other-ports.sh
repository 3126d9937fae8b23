# fails: describe
# says: app without another published port
# says: all addresses:9229:9229
# says: PGPASS in compose.yaml, as it is
# after: keep
# A debugger that everybody can reach, and the password behind a name that does not look like one.
sed -i -e 's/"127.0.0.1:8120:3000"/&, "9229:9229"/' \
  -e 's/POSTGRES_USER: shop/&\n      PGPASS: cinnamon-41/' compose.yaml
