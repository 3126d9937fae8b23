"""Labels that tell what is the course's own."""

OWNER = "course.owner"
