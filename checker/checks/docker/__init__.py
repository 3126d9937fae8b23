"""Facts of the Docker Engine: containers, images, volumes, networks."""
