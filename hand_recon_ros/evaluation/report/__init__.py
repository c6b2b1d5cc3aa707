"""The figures of recordings as a page to look at: one file that opens without a network."""
