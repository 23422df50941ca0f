"""The commands of ``snnlearn``: one module each, which is imported when it is called."""
