"""The user's configuration: its model, reading it, and saying what is wrong with it."""
