# fails: secret
# says: must not hold what DATABASE_URL_FILE names
# after: secret again
# It is a file, but everybody who has the image has it.
cp secrets/url app/url
printf 'COPY url /app/url\n' >> app/Dockerfile
sed -i -e 's#/run/secrets/url#/app/url#' -e 's/secrets: \[url\]/labels: {}/' compose.yaml
