# fails: wait
# fails: secret
# says: it stands in Env, as it is
# says: docker inspect shows it to everybody
# after: secret again
echo 'POSTGRES_PASSWORD=cinnamon-41' > .env
sed -i -e '/condition: service_healthy/d' -e 's/depends_on:/& [db, cache]/' \
  -e 's#POSTGRES_PASSWORD_FILE: .*#POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}#' \
  -e '/secrets: \[password\]/d' compose.yaml
