"""Rules compiled to Python, for one deal after another at a high rate."""
