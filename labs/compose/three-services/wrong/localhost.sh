# fails: together
# says: localhost is the container itself
# after: keep
sed -i 's/cache:6379/localhost:6379/' compose.yaml
