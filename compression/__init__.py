"""Abstraction learning: find what solved programs share and name it in the library."""

if __name__ == "compression":
    # The checkout root is on sys.path and this folder hides the standard library's package
    # of the same name (Python 3.14+), which gzip, bz2 and lzma import: step aside.
    import os

    __path__ = [os.path.join(os.path.dirname(os.__file__), "compression")]
else:
    from ..dsl.language.equations import Equation, EquationError, parse_equations, read_equations
    from .abstraction import Abstraction
    from .api import CompressionResult, compress, propose, rewrite
    from .corpus_errors import CompressionError, CorpusError
    from .corpus_files import CorpusInput, read_corpus, read_file
    from .file_commands import compress_file, rewrite_file
    from .search.abstraction_search import Candidate
    from .sleep.abstraction_sleep import (
        CompressedFrontiers,
        CompressionConfig,
        LibraryStep,
        compress_frontiers,
    )

    __all__ = [
        "Abstraction",
        "Candidate",
        "CompressedFrontiers",
        "CompressionConfig",
        "CompressionError",
        "CompressionResult",
        "CorpusError",
        "CorpusInput",
        "Equation",
        "EquationError",
        "LibraryStep",
        "compress",
        "compress_file",
        "compress_frontiers",
        "parse_equations",
        "propose",
        "read_corpus",
        "read_equations",
        "read_file",
        "rewrite",
        "rewrite_file",
    ]
