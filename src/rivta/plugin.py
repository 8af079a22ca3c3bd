"""pytest's view of a suite."""
