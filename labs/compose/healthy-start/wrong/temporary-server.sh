# fails: wait
# says: while db was still at its first start
# says: The health check of db says yes too early
# after: secret again
# The health check of nearly every tutorial: without a host, it is content with the server that
# Postgres runs for itself at its first start.
sed -i 's/--host, 127.0.0.1, //' compose.yaml
