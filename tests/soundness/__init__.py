"""An oracle that shares no code with the decision procedure, and thousands of claims to try it on."""
