"""Whether a rule pack is sound, and how two packs differ: proved, or shown by a situation that is run again."""
