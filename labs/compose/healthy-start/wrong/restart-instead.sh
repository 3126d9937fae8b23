# fails: wait
# fails: secret
# fails: again
# says: A restart policy tries again in vain
sed -i 's/build: app/&\n    restart: always/' compose.yaml
