# fails: keep
# says: Give db a named volume where its data is
# after: together
