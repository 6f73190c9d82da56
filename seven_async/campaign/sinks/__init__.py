"""What webhooks bring back to campaigns: delivery reports into journals, opt-outs onto lists."""
