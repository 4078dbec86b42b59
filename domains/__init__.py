"""Built-in domains: each a folder of primitives, tasks and a likelihood."""
