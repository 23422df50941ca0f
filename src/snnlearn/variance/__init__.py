"""Which source of randomness makes how much of the differences between runs.

A module for each experiment that has several: its sources, and how to run it with a seed for each.
"""

#: The experiments whose variance is decomposed.
EXPERIMENTS = ("channel", "mnist")
