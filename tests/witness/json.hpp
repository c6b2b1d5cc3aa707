// Messages as JSON: octets as one hexadecimal string, numbers with all their digits, what is not finite as null.
#pragma once
#include "messages.h"
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace json {

inline std::string hex(const uint8_t* bytes, size_t count) {
  static const char digits[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    char code[8];
    if (c < 0x20 || c == '"' || c == '\\') {
      snprintf(code, sizeof code, "\\u%04x", c);
      out += code;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + '"';
}

inline std::string number(double value) {
  char text[40];
  snprintf(text, sizeof text, "%.17g", value);
  return std::isfinite(value) ? text : "null";
}

template <class T> std::string text(const T& message);  // one specialisation for each message
inline std::string text(const std::string& value) { return quoted(value); }
inline std::string text(bool value) { return value ? "true" : "false"; }
inline std::string text(uint8_t value) { return std::to_string(value); }
inline std::string text(int32_t value) { return std::to_string(value); }
inline std::string text(uint32_t value) { return std::to_string(value); }
inline std::string text(float value) { return number(value); }
inline std::string text(double value) { return number(value); }

template <class T> std::string list(const T& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + text(item);
  return "[" + out + "]";
}
inline std::string text(const std::vector<uint8_t>& bytes) { return quoted(hex(bytes.data(), bytes.size())); }
template <class T> std::string text(const std::vector<T>& items) { return list(items); }
template <size_t N> std::string text(const std::array<uint8_t, N>& bytes) { return quoted(hex(bytes.data(), N)); }
template <class T, size_t N> std::string text(const std::array<T, N>& items) { return list(items); }

inline std::string members() { return ""; }
template <class T, class... Rest> std::string members(const char* name, const T& value, const Rest&... rest) {
  std::string others = members(rest...);
  return quoted(name) + ":" + text(value) + (others.empty() ? "" : "," + others);
}
template <class... Members> std::string object(const Members&... named) { return "{" + members(named...) + "}"; }

#define MESSAGE(TYPE, ...) \
  template <> inline std::string text(const TYPE& m) { return object(__VA_ARGS__); }

MESSAGE(builtin_interfaces::msg::dds_::Time_, "sec", m.sec(), "nanosec", m.nanosec())
MESSAGE(builtin_interfaces::msg::dds_::Duration_, "sec", m.sec(), "nanosec", m.nanosec())
MESSAGE(std_msgs::msg::dds_::Header_, "stamp", m.stamp(), "frame_id", m.frame_id())
MESSAGE(std_msgs::msg::dds_::ColorRGBA_, "r", m.r(), "g", m.g(), "b", m.b(), "a", m.a())

MESSAGE(geometry_msgs::msg::dds_::Point_, "x", m.x(), "y", m.y(), "z", m.z())
MESSAGE(geometry_msgs::msg::dds_::Vector3_, "x", m.x(), "y", m.y(), "z", m.z())
MESSAGE(geometry_msgs::msg::dds_::Quaternion_, "x", m.x(), "y", m.y(), "z", m.z(), "w", m.w())
MESSAGE(geometry_msgs::msg::dds_::Pose_, "position", m.position(), "orientation", m.orientation())
MESSAGE(geometry_msgs::msg::dds_::PoseWithCovariance_, "pose", m.pose(), "covariance", m.covariance())
MESSAGE(geometry_msgs::msg::dds_::PoseStamped_, "header", m.header(), "pose", m.pose())
MESSAGE(geometry_msgs::msg::dds_::PoseArray_, "header", m.header(), "poses", m.poses())
MESSAGE(geometry_msgs::msg::dds_::Transform_, "translation", m.translation(), "rotation", m.rotation())
MESSAGE(geometry_msgs::msg::dds_::TransformStamped_, "header", m.header(), "child_frame_id", m.child_frame_id(),
        "transform", m.transform())
MESSAGE(tf2_msgs::msg::dds_::TFMessage_, "transforms", m.transforms())

MESSAGE(sensor_msgs::msg::dds_::RegionOfInterest_, "x_offset", m.x_offset(), "y_offset", m.y_offset(), "height",
        m.height(), "width", m.width(), "do_rectify", m.do_rectify())
MESSAGE(sensor_msgs::msg::dds_::Image_, "header", m.header(), "height", m.height(), "width", m.width(), "encoding",
        m.encoding(), "is_bigendian", m.is_bigendian(), "step", m.step(), "data", m.data())
MESSAGE(sensor_msgs::msg::dds_::CompressedImage_, "header", m.header(), "format", m.format(), "data", m.data())
MESSAGE(sensor_msgs::msg::dds_::CameraInfo_, "header", m.header(), "height", m.height(), "width", m.width(),
        "distortion_model", m.distortion_model(), "d", m.d(), "k", m.k(), "r", m.r(), "p", m.p(), "binning_x",
        m.binning_x(), "binning_y", m.binning_y(), "roi", m.roi())
MESSAGE(sensor_msgs::msg::dds_::JointState_, "header", m.header(), "name", m.name(), "position", m.position(),
        "velocity", m.velocity(), "effort", m.effort())

MESSAGE(visualization_msgs::msg::dds_::UVCoordinate_, "u", m.u(), "v", m.v())
MESSAGE(visualization_msgs::msg::dds_::MeshFile_, "filename", m.filename(), "data", m.data())
MESSAGE(visualization_msgs::msg::dds_::Marker_, "header", m.header(), "ns", m.ns(), "id", m.id(), "type", m.type(),
        "action", m.action(), "pose", m.pose(), "scale", m.scale(), "color", m.color(), "lifetime", m.lifetime(),
        "frame_locked", m.frame_locked(), "points", m.points(), "colors", m.colors(), "texture_resource",
        m.texture_resource(), "texture", m.texture(), "uv_coordinates", m.uv_coordinates(), "text", m.text(),
        "mesh_resource", m.mesh_resource(), "mesh_file", m.mesh_file(), "mesh_use_embedded_materials",
        m.mesh_use_embedded_materials())
MESSAGE(visualization_msgs::msg::dds_::MarkerArray_, "markers", m.markers())

MESSAGE(diagnostic_msgs::msg::dds_::KeyValue_, "key", m.key(), "value", m.value())
MESSAGE(diagnostic_msgs::msg::dds_::DiagnosticStatus_, "level", m.level(), "name", m.name(), "message", m.message(),
        "hardware_id", m.hardware_id(), "values", m.values())
MESSAGE(diagnostic_msgs::msg::dds_::DiagnosticArray_, "header", m.header(), "status", m.status())

MESSAGE(hand_recon_ros::msg::dds_::Hand_, "track_id", m.track_id(), "side", m.side(), "side_score", m.side_score(),
        "score", m.score(), "scale_source", m.scale_source(), "roi", m.roi(), "wrist", m.wrist(), "joints", m.joints(),
        "joints_2d", m.joints_2d(), "joint_scores", m.joint_scores(), "mano_pose", m.mano_pose(), "mano_betas",
        m.mano_betas(), "has_mano", m.has_mano(), "mirrored", m.mirrored(), "vertices", m.vertices(), "topology_id",
        m.topology_id())
MESSAGE(hand_recon_ros::msg::dds_::HandArray_, "header", m.header(), "hands", m.hands(), "camera_info",
        m.camera_info(), "received", m.received(), "published", m.published(), "latency_ms", m.latency_ms(),
        "sequence", m.sequence_(), "dropped", m.dropped())
MESSAGE(hand_recon_ros::msg::dds_::HandMeshTopology_, "topology_id", m.topology_id(), "model", m.model(),
        "vertex_count", m.vertex_count(), "faces", m.faces())

MESSAGE(rmw_dds_common::msg::dds_::Gid_, "data", m.data())
MESSAGE(rmw_dds_common::msg::dds_::NodeEntitiesInfo_, "node_namespace", m.node_namespace(), "node_name", m.node_name(),
        "reader_gid_seq", m.reader_gid_seq(), "writer_gid_seq", m.writer_gid_seq())
MESSAGE(rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_, "gid", m.gid(), "node_entities_info_seq",
        m.node_entities_info_seq())
MESSAGE(until_humble::Gid_, "data", m.data())
MESSAGE(until_humble::NodeEntitiesInfo_, "node_namespace", m.node_namespace(), "node_name", m.node_name(),
        "reader_gid_seq", m.reader_gid_seq(), "writer_gid_seq", m.writer_gid_seq())
MESSAGE(until_humble::ParticipantEntitiesInfo_, "gid", m.gid(), "node_entities_info_seq", m.node_entities_info_seq())

}  // namespace json
