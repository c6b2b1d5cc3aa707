"""Training of the zoo with Lightning."""
