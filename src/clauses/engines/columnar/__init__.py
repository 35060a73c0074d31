"""Rules as SQL over tables of facts: one question asked of many agreements at once."""
