"""The project's documents, and the one that is drawn from the code."""
