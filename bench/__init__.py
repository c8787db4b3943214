"""How fast it is: `python -m bench`. See docs/bench.md."""
