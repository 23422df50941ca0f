"""Results that leave the house with what made them: a Workflow Run RO-Crate, as a zip file."""
