"""The playground: one page in which a network is trained, in the browser."""

# placeholder
