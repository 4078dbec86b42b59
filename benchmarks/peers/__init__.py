"""Other systems that are measured beside ours, each run in a process or package of its own."""
