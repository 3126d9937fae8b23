# fails: secret
# says: configs.pw.content in compose.yaml, as it is
# after: secret again
# Each gets a file, but its content stands in compose.yaml.
sed -i -e 's#/run/secrets/password#/pw#' -e 's/secrets: \[password\]/configs: [pw]/' \
  -e '/^  password: /d' compose.yaml
printf 'configs:\n  pw: { content: cinnamon-41 }\n' >> compose.yaml
