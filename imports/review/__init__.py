"""Held uploads: who releases or rejects them, and what happens if no person does."""
