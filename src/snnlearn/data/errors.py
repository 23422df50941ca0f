"""What is wrong with data."""


class DatasetError(ValueError):
    """A set of images that cannot be used, and why."""
