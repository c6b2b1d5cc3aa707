"""Pictures and files of reconstructed hands, without OpenGL: overlays, views from any side, GLB and OBJ."""
