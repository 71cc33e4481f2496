"""A small HTTP service around a trained network: JSON or images in, probabilities out.

`endpoints.py` answers requests, `batching.py` combines requests that arrive together into one pass
through the network, and `server.py` listens, and shuts down without losing a request.
"""
