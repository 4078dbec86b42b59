"""The native evaluator."""
