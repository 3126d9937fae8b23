# fails: sign till oven ledger
# says: a manifest without the password
# says: goes into the Secret
sed -i -e 's/value: Hello/value: Fresh at seven/' -e 's/value: letmein/value: rye-4711/' sign.yaml
kubectl apply -f sign.yaml
