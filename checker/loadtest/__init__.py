"""The probe: requests at a constant rate, and what became of each."""
