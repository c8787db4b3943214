"""How dates are written where no template says otherwise (the admin's lists and pages)."""
