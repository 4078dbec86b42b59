"""Top-down enumeration: all programs between two costs, depth first over the automaton."""
