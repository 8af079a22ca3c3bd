"""The self-declaration report: a pure function of the evidence.

`html.render` is where to begin. `view.build` decides, translates and sorts everything into values by name; a template only prints
them, so that HTML and PDF are the same view.
"""
