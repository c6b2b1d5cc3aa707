"""A small network from what the landmark network says of a hand to the hand model's pose."""
