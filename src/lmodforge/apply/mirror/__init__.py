"""Mirrors for hosts without a network: made from locks, and used in the place of everything that is elsewhere."""
