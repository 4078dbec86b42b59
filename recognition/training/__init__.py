"""The guide network, its training set and loss, and what is measured of it."""
