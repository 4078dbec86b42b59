"""The tables of a run's file, and the number of their format."""

from __future__ import annotations

__all__ = ["SCHEMA", "TABLES"]

SCHEMA = 2
"""The format of the file: 1 had neither events, models nor a clock."""

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    """CREATE TABLE tasks (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, name TEXT NOT NULL UNIQUE,
        request TEXT NOT NULL, data TEXT NOT NULL
    )""",
    """CREATE TABLE frontiers (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, clock REAL NOT NULL, iteration INTEGER NOT NULL,
        phase TEXT NOT NULL, task TEXT NOT NULL, candidates INTEGER NOT NULL, seconds REAL NOT NULL,
        found INTEGER NOT NULL, entries TEXT NOT NULL
    )""",
    "CREATE INDEX frontiers_of_task ON frontiers (task)",
    """CREATE TABLE libraries (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, clock REAL NOT NULL, iteration INTEGER NOT NULL,
        abstractions TEXT NOT NULL, weights TEXT NOT NULL
    )""",
    """CREATE TABLE models (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, clock REAL NOT NULL, iteration INTEGER NOT NULL,
        file TEXT NOT NULL, sha256 TEXT NOT NULL, data TEXT NOT NULL
    )""",
    """CREATE TABLE phases (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, clock REAL NOT NULL, iteration INTEGER NOT NULL,
        phase TEXT NOT NULL, seconds REAL NOT NULL, data TEXT NOT NULL
    )""",
    """CREATE TABLE events (
        id INTEGER PRIMARY KEY, time REAL NOT NULL, clock REAL NOT NULL, kind TEXT NOT NULL,
        data TEXT NOT NULL
    )""",
)
