"""Measurements that are not tests: speed beside other libraries, faulty runs, kills, and more."""
