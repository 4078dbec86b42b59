"""Abstraction learning: find what solved programs share and name it in the library."""

if __name__ == "compression":
    # The checkout root is on sys.path and this folder hides the standard library's package
    # of the same name (Python 3.14+), which gzip, bz2 and lzma import: step aside.
    import os

    __path__ = [os.path.join(os.path.dirname(os.__file__), "compression")]
else:
    import lazy_loader

    __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
