"""What a change of a rule would do to the rows of the last days, before it is made."""
