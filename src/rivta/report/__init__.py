"""The self-declaration report: a pure function of the evidence.

`html.render` is the door. `view` decides, translates and sorts everything into frozen values; the template only prints
them, so that another format (PDF, JSON) can start from the same view.
"""
