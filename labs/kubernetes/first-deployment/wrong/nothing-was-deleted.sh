# after: counter
# fails: door oven heal bread
# says: Delete it: kubectl -n bakery delete pod
names=$(kubectl -n bakery get pods -l app=counter -o name)
printf 'gone=%s\nsuccessor=%s\n' "$(echo "$names" | head -1)" "$(echo "$names" | tail -1)" > heal.txt
