"""Dateline: raw news text in, structured articles out."""
