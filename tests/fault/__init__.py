"""The fault run: a realistic load, a nemesis, and a judgement of everything that is left. README.md says how to run and extend it."""
