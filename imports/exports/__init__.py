"""Files that a person asks for, written to the bucket and downloaded from there."""
