"""Plans, outcomes and receipts as text and JSON."""
