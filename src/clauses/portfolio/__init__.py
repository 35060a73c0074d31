"""Many agreements at once: taking them in, checking them all, and saying what a change of the rules would change."""
