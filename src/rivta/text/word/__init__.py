"""Word documents from strangers: a package opened without trust, and its paragraphs, with text put into them."""
