"""What a job tells: how far it is, what it depends on, and what made it."""
