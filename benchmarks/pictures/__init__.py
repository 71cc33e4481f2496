"""Measure the predictions for drawings, photographs and images that are not digits."""
