"""What the program is called, in its help and in front of its complaints."""

PROGRAM = "hand-recon-train"
