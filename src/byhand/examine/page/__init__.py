"""The page of an examination, and the files that it is made of."""
