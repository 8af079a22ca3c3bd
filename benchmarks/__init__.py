"""Costs, each as a ratio to a floor that is named and measured in the same run. `make bench` prints them all."""
