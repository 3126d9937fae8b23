# fails: wait
# says: a health check that asks the database
# after: secret again
sed -i 's/test: \[CMD, pg_isready.*/test: [CMD-SHELL, "true"]/' compose.yaml
