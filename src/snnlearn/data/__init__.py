"""Files from elsewhere: images, what is in them, and where they come from."""
