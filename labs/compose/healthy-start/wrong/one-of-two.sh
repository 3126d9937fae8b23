# fails: wait
# fails: again
# says: while cache had not even begun
# says: This one leaves a process alone that ends with status 0
# after: secret again
# It waits for the database only; and a policy for failures leaves alone what ends well.
sed -i -e '/cache: { condition/d' -e 's/restart: unless-stopped/restart: on-failure/' compose.yaml
