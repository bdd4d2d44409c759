"""What the scripts of all versions and levels share."""
