"""Search for programs: a grammar compiled to tables, then enumerated and evaluated."""
