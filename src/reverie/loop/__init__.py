"""The wake-sleep loop, and what drives it: solving, learning, watching a folder."""
