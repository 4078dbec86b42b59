"""What can be wrong with a corpus, an option or an abstraction given to this package."""

from __future__ import annotations

from reverie.dsl import ReverieError, excerpt

__all__ = ["CompressionError", "CorpusError"]


class CompressionError(ReverieError):
    """An option or an abstraction cannot be used, or a result failed its own check."""


class CorpusError(CompressionError):
    """A program of a corpus cannot be read.

    Attributes:
        program: its number in the corpus, counted from 0; None if it is the corpus that is wrong.
        column: the place in its text, counted from 1; None if there is none.
    """

    def __init__(
        self,
        message: str,
        program: int | None = None,
        text: str = "",
        column: int | None = None,
    ) -> None:
        self.program = program
        self.column = column
        if program is not None:
            message = f"program {program}: {message}"
        if column is not None:
            message = f"{message}\n{excerpt(text.replace(chr(10), ' '), 1, column)}"
        super().__init__(message)
