"""Dreams: programs drawn, run on random inputs, and kept one for each behaviour."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
