# fails: wait secret
# says: db-1 is unhealthy
# after: secret again
sed -i -e 's/127.0.0.1, --username/127.0.0.1, --port, "5433", --username/' \
  -e 's/retries: 60/retries: 5/' compose.yaml
