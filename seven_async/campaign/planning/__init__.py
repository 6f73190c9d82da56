"""What a campaign would do and cost, before anything is sent."""
