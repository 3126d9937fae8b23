# fails: describe
# says: db without a published port
# after: keep
sed -i 's/image: postgres:17/&\n    ports: ["127.0.0.1:5432:5432"]/' compose.yaml
