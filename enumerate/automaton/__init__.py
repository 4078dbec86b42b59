"""A grammar as a finite tree automaton: states, transitions, costs, exact priors of programs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
