"""`python -m hand_recon_train` is `hand-recon-train`."""

from hand_recon_train.cli import main

if __name__ == "__main__":  # not in the worker processes that verbs start
    main()
