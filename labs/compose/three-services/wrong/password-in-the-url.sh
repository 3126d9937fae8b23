# fails: describe
# says: the value of DATABASE_URL stands in the file
# after: keep
sed -i 's/${POSTGRES_PASSWORD}@db/cinnamon-41@db/' compose.yaml
