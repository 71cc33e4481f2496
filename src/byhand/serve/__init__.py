"""A small HTTP service around a trained network: JSON or images in, probabilities out.

`service.py` answers requests, `batching.py` lets those that arrive together pass through the
network together, and `server.py` listens and ends without losing a request.
"""
