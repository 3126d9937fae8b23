# fails: broken till desk bell tidy
# says: somebody killed till
# says: something else after it
printf 'container=till\nstatus=137\nreason=batch 2 baked\n' > incident.txt
