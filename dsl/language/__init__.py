"""Languages: primitives, libraries of them with abstractions, holes and equations."""
