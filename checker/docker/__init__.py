"""The Docker Engine: found, installed, asked; what was made in it is written down and removed."""
