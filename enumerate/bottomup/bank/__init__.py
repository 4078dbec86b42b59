"""The bank: bottom-up enumeration by cost, one program for each observable behaviour."""
