"""Copies of one story: recognised when an article is stored, grouped, and shown.

`texts` reads a body as words, `comparing` decides whether two texts are copies, `sketches` finds which stored
articles to compare with, `placing` puts an article into a group, `membership` keeps the groups. These know
nothing of HTTP and serve the writes of articles; `related`, `shapes`, `queries` and `endpoints` show what
they made.
"""
