"""The commands of the products: `seven sms send`, `seven contacts list`.

`table.py` has a line for each; the other modules make commands of the lines. `seven call`, beside
this room, reaches the same methods by their names.
"""
