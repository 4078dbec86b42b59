"""Built-in domains: each a folder of primitives, tasks and a likelihood.

A domain's folder is imported when it is first asked for: ``reverie.domains.list``.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
