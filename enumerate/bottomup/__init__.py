"""Bottom-up search: programs by cost from the leaves up, one for each distinct behaviour."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
