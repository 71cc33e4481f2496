"""Drawings, photographs and things that are no digits, and how they are answered."""
