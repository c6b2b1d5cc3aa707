"""Rendered hands in batches on a PyTorch device: the pictures of hand_recon_train.synthetic.renderer, on a GPU."""
