"""Dreams: programs drawn, run on random inputs, and kept one for each behaviour."""
