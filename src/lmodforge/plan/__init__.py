"""Desired state against facts: what must change. Pure."""
