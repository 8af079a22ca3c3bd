"""Costs, each as a ratio to a floor that is named and measured in the same run; `make bench` prints them all.

And two views of the program itself: `sizes` (how large it is, room by room) and `way` (which modules a case passes).
"""
