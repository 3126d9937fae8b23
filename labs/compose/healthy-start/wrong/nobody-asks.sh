# fails: secret
# says: it lets anybody in with a wrong one
# after: secret again
# No password can be seen, since none is asked for.
sed -i 's/POSTGRES_PASSWORD_FILE: .*/&\n      POSTGRES_HOST_AUTH_METHOD: trust/' compose.yaml
