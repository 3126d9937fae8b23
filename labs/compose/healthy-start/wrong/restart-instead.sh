# fails: wait
# fails: secret
# fails: again
# says: A restart policy tries again and again
sed -i 's/build: app/&\n    restart: always/' compose.yaml
