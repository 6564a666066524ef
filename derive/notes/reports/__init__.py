"""How the verdicts on notes are given to people (text) and to programs (JSON, GitHub, SARIF)."""
