"""An ECS task definition in, manifests out, and a word for all that has no counterpart."""
