# fails: describe
# says: admin without a published port
# says: services.db.labels.note in compose.yaml, in base64
# after: keep
# One more service, behind a profile, with a port for everybody; and a password in disguise.
sed -i -e "s/image: postgres:17/&\n    labels: {note: $(printf 'pw=cinnamon-41' | base64)}/" \
  -e 's/^volumes:/  admin:\n    build: app\n    profiles: [tools]\n    ports: ["8080:80"]\n&/' compose.yaml
