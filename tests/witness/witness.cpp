// An independent DDS implementation (Fast DDS) that tells in JSON lines what it discovers and receives on the loopback
// interface, and publishes what its standard input asks for.
//
// usage: witness DOMAIN [humble]
//   subscribe  TOPIC TYPE reliable|best_effort transient_local|volatile DEPTH
//   advertise  TOPIC TYPE reliable|best_effort transient_local|volatile DEPTH
//   advertise_raw ...                        the same for payloads that are sent as given
//   image      TOPIC STAMP_NS FRAME WIDTH HEIGHT ENCODING STEP SEED     byte j is j * 7 + SEED
//   camera_info TOPIC STAMP_NS FRAME WIDTH HEIGHT FX FY CX CY
//   raw        TOPIC HEX
//   close      TOPIC                         ends the publisher of that topic
// Topics and types are those of DDS: rt/image, sensor_msgs::msg::dds_::Image_. The end of the input ends the process.
#include "json.hpp"
#include "messagesPubSubTypes.h"
#include <fastdds/dds/domain/DomainParticipant.hpp>
#include <fastdds/dds/domain/DomainParticipantFactory.hpp>
#include <fastdds/dds/domain/DomainParticipantListener.hpp>
#include <fastdds/dds/publisher/DataWriter.hpp>
#include <fastdds/dds/publisher/DataWriterListener.hpp>
#include <fastdds/dds/publisher/Publisher.hpp>
#include <fastdds/dds/subscriber/DataReader.hpp>
#include <fastdds/dds/subscriber/DataReaderListener.hpp>
#include <fastdds/dds/subscriber/SampleInfo.hpp>
#include <fastdds/dds/subscriber/Subscriber.hpp>
#include <fastdds/dds/topic/Topic.hpp>
#include <fastdds/rtps/transport/UDPv4TransportDescriptor.h>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>

using namespace eprosima::fastdds::dds;
namespace rtps = eprosima::fastrtps::rtps;
using json::quoted;
using json::text;

static std::mutex one_line_at_a_time;

template <class... Members> void tell(const char* event, const Members&... named) {
  std::string line = json::object("event", std::string(event), named...);
  std::lock_guard<std::mutex> lock(one_line_at_a_time);
  std::cout << line << std::endl;
}

static std::string hex(const rtps::GuidPrefix_t& prefix) { return json::hex(prefix.value, 12); }
static std::string hex(const rtps::GUID_t& guid) { return hex(guid.guidPrefix) + json::hex(guid.entityId.value, 4); }
template <class Bytes> std::string characters(const Bytes& bytes) {
  return std::string(bytes.data(), bytes.data() + bytes.size());
}

// What others announce.
struct Discovery : DomainParticipantListener {
  void on_participant_discovery(DomainParticipant*, rtps::ParticipantDiscoveryInfo&& found) override {
    static const char* const changes[] = {"discovered", "changed", "removed", "dropped"};
    tell("participant", "change", std::string(changes[found.status]), "guid", hex(found.info.m_guid), "user_data",
         characters(found.info.m_userData.data_vec()));
  }
  void on_publisher_discovery(DomainParticipant*, rtps::WriterDiscoveryInfo&& found) override {
    endpoint("writer", found.status, found.info);
  }
  void on_subscriber_discovery(DomainParticipant*, rtps::ReaderDiscoveryInfo&& found) override {
    endpoint("reader", found.status, found.info);
  }

private:
  template <class Info> static void endpoint(const char* kind, int status, const Info& info) {
    static const char* const changes[] = {"discovered", "changed", "removed"};
    tell(kind, "change", std::string(changes[status]), "guid", hex(info.guid()), "topic",
         std::string(info.topicName().c_str()), "type", std::string(info.typeName().c_str()), "reliable",
         info.m_qos.m_reliability.kind == RELIABLE_RELIABILITY_QOS, "transient_local",
         info.m_qos.m_durability.kind == TRANSIENT_LOCAL_DURABILITY_QOS, "type_information",
         info.has_type_information(), "user_data", characters(info.m_qos.m_userData.data_vec()));
  }
};

template <class Message> struct Listener : DataReaderListener {
  explicit Listener(std::string topic) : topic(std::move(topic)) {}
  void on_data_available(DataReader* reader) override {
    Message message;
    SampleInfo info;
    while (reader->take_next_sample(&message, &info) == ReturnCode_t::RETCODE_OK)
      if (info.valid_data)
        tell("message", "topic", topic, "writer", hex(info.sample_identity.writer_guid()), "data", message);
  }
  void on_subscription_matched(DataReader*, const SubscriptionMatchedStatus& status) override {
    tell("matched", "topic", topic, "side", std::string("subscriber"), "count", int32_t(status.current_count));
  }
  void on_requested_incompatible_qos(DataReader*, const RequestedIncompatibleQosStatus& status) override {
    tell("incompatible", "topic", topic, "side", std::string("subscriber"), "policy", int32_t(status.last_policy_id));
  }
  std::string topic;
};

struct Audience : DataWriterListener {
  explicit Audience(std::string topic) : topic(std::move(topic)) {}
  void on_publication_matched(DataWriter*, const PublicationMatchedStatus& status) override {
    tell("matched", "topic", topic, "side", std::string("publisher"), "count", int32_t(status.current_count));
  }
  void on_offered_incompatible_qos(DataWriter*, const OfferedIncompatibleQosStatus& status) override {
    tell("incompatible", "topic", topic, "side", std::string("publisher"), "policy", int32_t(status.last_policy_id));
  }
  std::string topic;
};

// Payloads as given, encapsulation included, under any type name.
struct RawType : TopicDataType {
  using Bytes = std::vector<uint8_t>;
  explicit RawType(const std::string& name) {
    setName(name.c_str());
    m_typeSize = 1 << 20;
  }
  bool serialize(void* data, rtps::SerializedPayload_t* payload) override {
    auto& bytes = *static_cast<Bytes*>(data);
    payload->encapsulation = CDR_LE;
    payload->length = uint32_t(bytes.size());
    memcpy(payload->data, bytes.data(), bytes.size());
    return true;
  }
  bool deserialize(rtps::SerializedPayload_t*, void*) override { return false; }
  std::function<uint32_t()> getSerializedSizeProvider(void* data) override {
    return [data] { return uint32_t(static_cast<Bytes*>(data)->size()); };
  }
  void* createData() override { return new Bytes; }
  void deleteData(void* data) override { delete static_cast<Bytes*>(data); }
  bool getKey(void*, rtps::InstanceHandle_t*, bool) override { return false; }
};

// A message type: its encoder, and what listens to it.
struct Kind {
  TypeSupport support;
  std::function<DataReaderListener*(const std::string&)> listener;
};
using Kinds = std::map<std::string, Kind>;

template <class Support> void add(Kinds& kinds, std::string name = "") {
  TypeSupport support(new Support);
  if (name.empty()) name = support.get_type_name();
  kinds[name] = {support, [](const std::string& topic) { return new Listener<typename Support::type>(topic); }};
}

static Kinds known_kinds(bool humble) {
  Kinds kinds;
  add<sensor_msgs::msg::dds_::Image_PubSubType>(kinds);
  add<sensor_msgs::msg::dds_::CompressedImage_PubSubType>(kinds);
  add<sensor_msgs::msg::dds_::CameraInfo_PubSubType>(kinds);
  add<sensor_msgs::msg::dds_::JointState_PubSubType>(kinds);
  add<geometry_msgs::msg::dds_::PoseStamped_PubSubType>(kinds);
  add<geometry_msgs::msg::dds_::PoseArray_PubSubType>(kinds);
  add<tf2_msgs::msg::dds_::TFMessage_PubSubType>(kinds);
  add<visualization_msgs::msg::dds_::MarkerArray_PubSubType>(kinds);
  add<diagnostic_msgs::msg::dds_::DiagnosticArray_PubSubType>(kinds);
  add<hand_recon_ros::msg::dds_::HandArray_PubSubType>(kinds);
  add<hand_recon_ros::msg::dds_::HandMeshTopology_PubSubType>(kinds);
  if (humble)
    add<until_humble::ParticipantEntitiesInfo_PubSubType>(kinds, "rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_");
  else
    add<rmw_dds_common::msg::dds_::ParticipantEntitiesInfo_PubSubType>(kinds);
  return kinds;
}

static DomainParticipant* join(int domain, DomainParticipantListener* listener) {
  DomainParticipantQos qos;
  auto udp = std::make_shared<eprosima::fastdds::rtps::UDPv4TransportDescriptor>();
  udp->interfaceWhiteList.push_back("127.0.0.1");
  udp->receiveBufferSize = 4 << 20;
  udp->maxInitialPeersRange = 32;  // participants of this host that are asked, as in ROS 2
  qos.transport().use_builtin_transports = false;
  qos.transport().user_transports.push_back(udp);
  rtps::Locator_t peer;
  rtps::IPLocator::setIPv4(peer, "127.0.0.1");
  qos.wire_protocol().builtin.initialPeersList.push_back(peer);
  auto* participant =
      DomainParticipantFactory::get_instance()->create_participant(domain, qos, listener, StatusMask::none());
  if (!participant) throw std::runtime_error("no participant in this domain");
  return participant;
}

template <class EndpointQos> void read_qos(std::istream& words, EndpointQos& qos) {
  std::string reliability, durability;
  words >> reliability >> durability >> qos.history().depth;
  qos.reliability().kind = reliability == "reliable" ? RELIABLE_RELIABILITY_QOS : BEST_EFFORT_RELIABILITY_QOS;
  qos.durability().kind =
      durability == "transient_local" ? TRANSIENT_LOCAL_DURABILITY_QOS : VOLATILE_DURABILITY_QOS;
  qos.endpoint().history_memory_policy = rtps::PREALLOCATED_WITH_REALLOC_MEMORY_MODE;
}

class Witness {
public:
  Witness(int domain, bool humble)
      : typed(join(domain, &discovery)), raw(join(domain, nullptr)), kinds(known_kinds(humble)) {
    for (auto& [name, kind] : kinds) {
      kind.support->auto_fill_type_information(false);  // as ROS 2 does
      kind.support->auto_fill_type_object(false);
      kind.support.register_type(typed, name);
    }
    publishers = {typed->create_publisher(PUBLISHER_QOS_DEFAULT), raw->create_publisher(PUBLISHER_QOS_DEFAULT)};
    subscriber = typed->create_subscriber(SUBSCRIBER_QOS_DEFAULT);
    tell("ready");
  }

  ~Witness() {
    for (auto* participant : {typed, raw}) {
      participant->set_listener(nullptr);
      participant->delete_contained_entities();
      DomainParticipantFactory::get_instance()->delete_participant(participant);
    }
  }

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string command, topic;
    words >> command >> topic;
    if (command == "subscribe") subscribe(topic, words);
    else if (command == "advertise") advertise(topic, words, typed);
    else if (command == "advertise_raw") advertise(topic, words, raw);
    else if (command == "image") write(topic, image(words));
    else if (command == "camera_info") write(topic, camera_info(words));
    else if (command == "raw") write(topic, bytes(words));
    else if (command == "close") close(topic);
    else throw std::runtime_error("unknown command " + command);
  }

private:
  void subscribe(const std::string& topic, std::istream& words) {
    std::string type;
    words >> type;
    DataReaderQos qos;
    read_qos(words, qos);
    subscriber->create_datareader(described(typed, topic, type), qos, kinds.at(type).listener(topic));
  }

  void advertise(const std::string& topic, std::istream& words, DomainParticipant* participant) {
    std::string type;
    words >> type;
    DataWriterQos qos;
    read_qos(words, qos);
    qos.publish_mode().kind = ASYNCHRONOUS_PUBLISH_MODE;
    if (participant == raw) {
      TypeSupport support(new RawType(type));
      support->auto_fill_type_information(false);
      support->auto_fill_type_object(false);
      support.register_type(raw);
    }
    auto* publisher = publishers[participant == raw];
    writers[topic] = publisher->create_datawriter(described(participant, topic, type), qos, new Audience(topic));
  }

  template <class Message> void write(const std::string& topic, Message message) {
    if (!writers.at(topic)->write(&message)) throw std::runtime_error("not written on " + topic);
  }

  void close(const std::string& topic) {
    auto* writer = writers.at(topic);
    writer->set_listener(nullptr);
    const_cast<Publisher*>(writer->get_publisher())->delete_datawriter(writer);
    writers.erase(topic);
  }

  static Topic* described(DomainParticipant* participant, const std::string& topic, const std::string& type) {
    if (auto* known = participant->lookup_topicdescription(topic)) return static_cast<Topic*>(known);
    if (auto* created = participant->create_topic(topic, type, TOPIC_QOS_DEFAULT)) return created;
    throw std::runtime_error("unknown type " + type);
  }

  static std_msgs::msg::dds_::Header_ header(std::istream& words) {
    std_msgs::msg::dds_::Header_ header;
    int64_t stamp_ns;
    std::string frame_id;
    words >> stamp_ns >> frame_id;
    header.stamp().sec(int32_t(stamp_ns / 1000000000));
    header.stamp().nanosec(uint32_t(stamp_ns % 1000000000));
    header.frame_id(frame_id);
    return header;
  }

  static sensor_msgs::msg::dds_::Image_ image(std::istream& words) {
    sensor_msgs::msg::dds_::Image_ image;
    image.header(header(words));
    std::string encoding;
    size_t seed;
    words >> image.width() >> image.height() >> encoding >> image.step() >> seed;
    image.encoding(encoding);
    image.data().resize(size_t(image.step()) * image.height());
    for (size_t j = 0; j < image.data().size(); ++j) image.data()[j] = uint8_t(j * 7 + seed);
    return image;
  }

  static sensor_msgs::msg::dds_::CameraInfo_ camera_info(std::istream& words) {
    sensor_msgs::msg::dds_::CameraInfo_ info;
    info.header(header(words));
    double fx, fy, cx, cy;
    words >> info.width() >> info.height() >> fx >> fy >> cx >> cy;
    info.distortion_model("plumb_bob");
    info.d({0, 0, 0, 0, 0});
    info.k({fx, 0, cx, 0, fy, cy, 0, 0, 1});
    info.r({1, 0, 0, 0, 1, 0, 0, 0, 1});
    info.p({fx, 0, cx, 0, 0, fy, cy, 0, 0, 0, 1, 0});
    return info;
  }

  static RawType::Bytes bytes(std::istream& words) {
    std::string digits;
    words >> digits;
    RawType::Bytes bytes;
    for (size_t i = 0; i + 1 < digits.size(); i += 2) bytes.push_back(uint8_t(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return bytes;
  }

  Discovery discovery;
  DomainParticipant *typed, *raw;
  Kinds kinds;
  std::array<Publisher*, 2> publishers;
  Subscriber* subscriber;
  std::map<std::string, DataWriter*> writers;
};

int main(int count, char** arguments) {
  Witness witness(std::stoi(arguments[1]), count > 2 && std::string(arguments[2]) == "humble");
  for (std::string line; std::getline(std::cin, line);) {
    try {
      witness.obey(line);
    } catch (const std::exception& error) {
      tell("error", "text", line.substr(0, 80) + ": " + error.what());
    }
  }
}
