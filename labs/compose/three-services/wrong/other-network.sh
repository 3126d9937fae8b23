# fails: together
# says: Services find each other by their names
# after: keep
sed -i -e 's/image: redis:8/&\n    networks: [back]/' -e 's/^volumes:/networks:\n  back:\n&/' compose.yaml
