"""Files in the format of MANO's, with the stand-in hand in them."""

import pickle

import numpy as np

from layouts.truth import stand_in_models


def write_mano(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for side, model in stand_in_models().items():
        parents = model.parents.astype(np.int64)
        parents[0] = 2**32 - 1
        fields = {
            "v_template": model.template,
            "f": model.faces.astype(np.uint32),
            "weights": model.weights,
            "J_regressor": model.joint_regressor,
            "kintree_table": np.array([parents, range(16)], np.uint32),
            "shapedirs": model.shape_directions,
            "posedirs": model.pose_directions,
            "hands_mean": model.mean_pose,
            "hands_components": model.pose_components,
        }
        (folder / f"MANO_{side.name}.pkl").write_bytes(pickle.dumps(fields, 2))
    return folder
