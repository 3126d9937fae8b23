"""A small cloud controller manager whose cloud is the Docker Engine."""
