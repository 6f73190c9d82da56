"""What happens to one call, a file a step. `call.py` joins them."""
