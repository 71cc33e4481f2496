"""The record recipes: trained seed by seed, and the table of docs/records.md written from them."""
