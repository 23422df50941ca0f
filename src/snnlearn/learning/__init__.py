"""Theory and measures of learning from an error, without any experiment of it."""
