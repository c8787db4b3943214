"""Performance measurements: `python -m bench`. See docs/bench.md."""
