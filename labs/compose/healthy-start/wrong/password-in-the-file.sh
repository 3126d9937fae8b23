# fails: wait
# fails: secret
# says: the value of POSTGRES_PASSWORD stands in the file
# after: secret again
sed -i -e '/condition: service_healthy/d' -e 's/depends_on:/& [db, cache]/' \
  -e 's#POSTGRES_PASSWORD_FILE: .*#POSTGRES_PASSWORD: cinnamon-41#' \
  -e '/secrets: \[password\]/d' compose.yaml
