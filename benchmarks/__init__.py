"""Speed of this pipeline against the chapter's own way of doing the same work.

``python -m benchmarks`` runs each module below in a process of its own, and each subcommand of
one, since TensorFlow's threads are set once a process: :mod:`evaluation`, :mod:`training` and
:mod:`seeds` measure time, :mod:`scaling` how it grows, :mod:`firing` how it follows the spikes, and
:mod:`comparison` holds these against NengoDL's.
"""
