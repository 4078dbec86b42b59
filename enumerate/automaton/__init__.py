"""A grammar as a finite tree automaton: states, transitions, costs, exact priors of programs."""
