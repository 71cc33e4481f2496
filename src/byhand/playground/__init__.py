"""The playground: one page in which a network is trained, in the browser."""

from byhand.playground.page import write_playground as write_playground
