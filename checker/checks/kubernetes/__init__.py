"""Facts of the cluster: its objects, and what becomes of them."""
