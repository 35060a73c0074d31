"""Proofs: is a pack sound, what is the smallest fix, how far can a term move, is there a deal."""
