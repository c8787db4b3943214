"""Categories that vendors want: they ask, staff decide, and the rows that waited are imported."""
