"""Whether an import needs a look before it changes anything, and why."""
