"""What a vendor's own column names mean: asking, suggesting, remembering."""
