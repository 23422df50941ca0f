"""The page that opens the report, and the captions of its figures."""
