"""Learned guides: networks that read a task and say which primitives it is likely to need.

>>> from reverie.recognition import RecognitionConfig
>>> RecognitionConfig(seconds=60).bigram
True
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
