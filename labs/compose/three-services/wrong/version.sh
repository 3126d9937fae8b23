# fails: describe
# says: `version:` is ignored
# after: keep
sed -i '1i version: "3.8"' compose.yaml
