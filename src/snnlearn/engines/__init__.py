"""Running networks: compiled engines, and the references that they are held against."""
