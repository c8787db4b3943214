"""Webhooks: events for programs, sent to the addresses that vendors have given us.

Signed as Standard Webhooks says (https://www.standardwebhooks.com), so that any of its libraries
verifies them.
"""
