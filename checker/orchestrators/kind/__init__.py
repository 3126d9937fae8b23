"""The Kubernetes cluster that kind makes, kept whole and taken back to what it was."""
