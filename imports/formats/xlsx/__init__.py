"""Reads Excel workbooks, in a process of its own that holds nothing but the file.

Its modules use the standard library only, so that the process starts within 50 ms and imports
nothing of the application.
"""
