# fails: keep
# says: a folder of your machine, data, at /var/lib/postgresql/data
# after: keep
# It survives, but no `down -v` removes it.
sed -i 's#- orders:/var#- ./data:/var#' compose.yaml
