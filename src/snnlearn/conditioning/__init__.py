"""The network of conditioning, its designs and responses, and the model held against them."""
