"""Simulate time, background jobs and isolated worlds. Pure domain: knows no HTTP and no vendor."""
