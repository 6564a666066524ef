"""The same statements in other programs, each in a process of its own."""
