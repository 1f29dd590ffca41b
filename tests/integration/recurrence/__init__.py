"""Oracles for recurrence rules, and random rules to ask them about."""
