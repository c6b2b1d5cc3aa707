"""A head on the landmark network's trunk that sees the hand, for a lifter that then poses it by more than 21 points."""
