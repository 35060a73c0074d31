"""The HTTP service: the same answers as the command line, for other programs and for the page.

The event loop reads requests, checks who asks, and writes answers. Everything that reads a contract runs in
processes of its own (`evaluator`), which can be ended when they take too long or too much.
"""
