"""The conformance suite: README.md says what it is made of."""
