# after: push-first
# fails: new-price pin log-out
# says: Log out: docker logout
rm password.txt
