"""What data classes are made of that a configuration fills: types, words, differences."""
