"""A page to try the reconstruction in a browser; needs the extra `web`. Everything but `page` and `server` does not."""
