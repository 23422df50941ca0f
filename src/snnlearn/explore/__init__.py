"""Figures that a reader can play with: what they show at each place of their sliders, as HTML.

Each module computes one with the library, and :mod:`snnlearn.explore.fragment` writes it.
``python -m snnlearn.explore`` does so for the documentation.
"""
