"""What replies of several products have in common."""
