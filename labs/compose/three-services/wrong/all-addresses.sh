# fails: describe
# says: app on 127.0.0.1:8120:3000
# after: keep
sed -i 's/127.0.0.1:8120/8120/' compose.yaml
