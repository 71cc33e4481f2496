"""Measurements that are not tests: speed against others, and sick runs for the doctor."""
