"""What every room needs and no paper is about: errors, compiled code, deep recursion, HTML."""
