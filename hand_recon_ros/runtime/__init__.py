"""How a network is executed: one small interface over OpenVINO, ONNX Runtime and torch."""

from hand_recon_ros.runtime.engine import Engine, EngineInfo, load_engine

__all__ = ["Engine", "EngineInfo", "load_engine"]
