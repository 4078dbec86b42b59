"""Programs drawn from the prior, independently or by systematic sampling."""
