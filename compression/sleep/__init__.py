"""The abstraction sleep: a library learned from frontiers, by the objective in nats."""
