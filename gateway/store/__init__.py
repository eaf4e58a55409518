"""What edgetwin keeps: readings on their way out, commands on their way in, and the event log."""
