# fails: keep
# says: Your volume is at /var/lib/postgresql, but
# after: keep
sed -i 's#/var/lib/postgresql/data#/var/lib/postgresql#' compose.yaml
