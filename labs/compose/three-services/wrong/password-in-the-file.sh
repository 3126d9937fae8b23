# fails: describe
# says: the value of POSTGRES_PASSWORD stands in the file
# after: keep
sed -i 's/POSTGRES_PASSWORD: .*/POSTGRES_PASSWORD: cinnamon-41/' compose.yaml
