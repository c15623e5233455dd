#include "foldmesh/plan/machine_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"

namespace foldmesh::plan {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "foldmesh machine";
constexpr int kVersion = 2;
constexpr size_t kMostBytes = 1 << 20;

std::string text_of(const Json& content) { return content.dump(2) + "\n"; }
std::string checksum(const Json& content) { return base::Hasher().add(content.dump()).hex(); }

// JSON is parsed without exceptions of its own, so that every refusal looks alike.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path.string()) {}

  [[noreturn]] void damaged() const {
    base::throw_input("{}: damaged (expected a file of `foldmesh bench inference --calibrate`)", path_);
  }
  const Json& member(const Json& object, const char* name) const {
    if (!object.is_object() || !object.contains(name)) damaged();
    return object.at(name);
  }
  double positive(const Json& object, const char* name) const {
    const Json& value = member(object, name);
    if (!value.is_number() || !(value.get<double>() > 0) || !std::isfinite(value.get<double>())) damaged();
    return value.get<double>();
  }
  std::string text(const Json& value) const {
    if (!value.is_string()) damaged();
    return value.get<std::string>();
  }
  void check_fingerprint(const Json& file, const std::map<std::string, std::string>& here) const {
    for (const auto& [name, value] : here) {
      const std::string found = text(member(file, name.c_str()));
      if (found == value) continue;
      base::throw_input("{}: measured elsewhere: {} is '{}' there (expected '{}')", path_, name,
                        base::printable(found), value);
    }
    if (file.size() != here.size()) damaged();
  }
  MeasuredMachine::Device device(const Json& object) const {
    MeasuredMachine::Device device;
    device.launch = positive(object, "launch_seconds");
    const Json& rates = member(object, "operators");
    for (const graph::OpSpec& op : graph::catalogue()) {
      const Json& rate = member(rates, std::string(op.name).c_str());
      device.rates.push_back(
          {positive(rate, "fp32_flops"), positive(rate, "bf16_flops"), positive(rate, "bytes")});
    }
    return device;
  }

 private:
  std::string path_;
};

}  // namespace

Machine MeasuredMachine::machine(int cores) const {
  const auto found = devices.find(cores);
  if (found == devices.end()) base::throw_internal("no device with {} cores was measured", cores);
  Machine machine = parse_mesh(fmt::format("cpu:{}", cores)).machine;
  machine.rates = found->second.rates;
  machine.launch = found->second.launch;
  machine.near = machine.far = link;
  return machine;
}

void write_machine_file(const MeasuredMachine& measured, const std::filesystem::path& path) {
  Json content = {{"format", kFormat}, {"version", kVersion}, {"fingerprint", measured.fingerprint}};
  Json devices = Json::object();
  for (const auto& [cores, device] : measured.devices) {
    Json operators = Json::object();
    for (const graph::OpSpec& op : graph::catalogue()) {
      const OpRate& rate = device.rates.at(static_cast<size_t>(op.kind));
      operators[std::string(op.name)] = {
          {"fp32_flops", rate.fp32_flops}, {"bf16_flops", rate.bf16_flops}, {"bytes", rate.bytes}};
    }
    devices[std::to_string(cores)] = {{"launch_seconds", device.launch}, {"operators", operators}};
  }
  content["devices_by_cores"] = devices;
  content["link"] = {{"latency_seconds", measured.link.latency},
                     {"bytes_per_second", measured.link.bandwidth}};
  content["checksum"] = checksum(content);
  std::error_code ignored;  // writing says what is wrong
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  base::write_file_atomically(path, text_of(content));
}

MeasuredMachine read_machine_file(const std::filesystem::path& path,
                                  const std::map<std::string, std::string>& fingerprint) {
  const Reader reader(path);
  if (base::identify(path).size > kMostBytes) reader.damaged();
  const std::string text = base::read_file(path);
  Json file = Json::parse(text, nullptr, false);
  if (file.is_discarded() || reader.text(reader.member(file, "format")) != kFormat) reader.damaged();
  if (reader.member(file, "version") != kVersion) {
    base::throw_input("{}: of another version of the format (expected {})", path.string(), kVersion);
  }
  const std::string sum = reader.text(reader.member(file, "checksum"));
  const bool is_as_written = text_of(file) == text;
  file.erase("checksum");
  // Digits that do not change a number would not change the sum.
  if (checksum(file) != sum || !is_as_written) reader.damaged();
  const Json& found = reader.member(file, "fingerprint");
  if (!found.is_object()) reader.damaged();
  reader.check_fingerprint(found, fingerprint);

  MeasuredMachine measured;
  measured.fingerprint = fingerprint;
  const Json& devices = reader.member(file, "devices_by_cores");
  if (!devices.is_object() || devices.empty()) reader.damaged();
  for (const auto& [cores, device] : devices.items()) {
    int count = 0;
    const auto [end, error] = std::from_chars(cores.data(), cores.data() + cores.size(), count);
    if (error != std::errc() || end != cores.data() + cores.size() || count < 1 || count > kMaxDevices) {
      reader.damaged();
    }
    measured.devices[count] = reader.device(device);
  }
  const Json& link = reader.member(file, "link");
  measured.link = {reader.positive(link, "latency_seconds"), reader.positive(link, "bytes_per_second")};
  return measured;
}

}  // namespace foldmesh::plan
