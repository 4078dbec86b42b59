"""The probabilistic model: prior, likelihood, posterior, reference interpreter and domains."""
