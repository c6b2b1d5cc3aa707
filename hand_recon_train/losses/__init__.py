"""The published losses of the networks, as functions of tensors with flags for what is known."""

from hand_recon_train.losses.handoccnet import HandOccNetLoss
from hand_recon_train.losses.setting import Objective, Setting
from hand_recon_train.losses.smhr import SmhrLoss
from hand_recon_train.losses.two_hands import TwoHandLoss
from hand_recon_train.losses.youtubehand import YoutubeHandLoss

__all__ = ["HandOccNetLoss", "Objective", "Setting", "SmhrLoss", "TwoHandLoss", "YoutubeHandLoss"]
