"""The native evaluator: programs run by compiled code, primitives stay Python functions.

:mod:`.word_layout` says how values lie in memory, :mod:`.interpret` evaluates, :mod:`.compile`
turns primitives into C functions over the types of :mod:`.numba_types`, :mod:`.block` calls Python
for what does not compile, and :mod:`.evaluator` is what the rest of Reverie uses.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
