# fails: broken bell
# says: somebody killed till
# says: something else after it
# after: till desk tidy
printf 'container=till\nstatus=137\nreason=batch 2 baked\n' > incident.txt
