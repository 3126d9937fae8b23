# fails: describe
# says: the value of DATABASE_URL stands in the file
# after: keep
sed -i 's#postgres://shop:${POSTGRES_PASSWORD}@db:5432/shop#postgres://db/shop?user=shop\&password=cinnamon-41#' compose.yaml
