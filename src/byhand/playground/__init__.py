"""The playground: one page where a network is trained in the browser."""

from byhand.playground.page import write_playground as write_playground
