"""Figures of the telephone beside their anchors: `python -m tools.bench`, or `make bench`.

A tool of the checkout, not of the product: it drives the same third-party programs as `tests/interop`.
"""
