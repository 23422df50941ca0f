"""Figures that a reader can play with: what they show at each place of their sliders, as HTML.

Each of ``channel``, ``conditioning`` and ``mnist`` computes one with the library;
:mod:`snnlearn.explore.fragment` writes it. ``python -m snnlearn.explore`` does so for the
documentation.
"""
