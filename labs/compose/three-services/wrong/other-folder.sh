# fails: describe
# says: it is built from other
# says: the password: line 1 of compose.override.yaml
# after: keep
# The override that Compose takes by itself builds another folder, and has the password in a comment.
mkdir other
printf '# cinnamon-41\nservices: {app: {build: other}}\n' > compose.override.yaml
