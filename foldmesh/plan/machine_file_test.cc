#include "foldmesh/plan/machine_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/base/temp_folder.h"

namespace foldmesh::plan {
namespace {

using Fingerprint = std::map<std::string, std::string>;
const Fingerprint kHere = {{"cpu", "Some CPU"}, {"cores", "4"}};

MeasuredMachine example() {
  MeasuredMachine measured;
  measured.fingerprint = kHere;
  for (const int cores : {1, 4}) {
    MeasuredMachine::Device& device = measured.devices[cores];
    device.launch = 1e-6 * cores;
    for (size_t kind = 0; kind < graph::catalogue().size(); ++kind) {
      const auto rate = static_cast<double>(kind + 1) * cores * 1e9 / 3;
      device.rates.push_back({rate, 2 * rate, 3 * rate});
    }
  }
  measured.link = {12e-6, 2e9};
  return measured;
}

class MachineFile : public testing::Test {
 protected:
  MachineFile() : folder_("machine_file"), path_(folder_.path() / "below" / "machine.json") {
    write_machine_file(example(), path_);
    text_ = base::read_file(path_);
  }
  std::string refusal(const std::string& text, const Fingerprint& here = kHere) const {
    base::write_file_atomically(path_, text);
    try {
      read_machine_file(path_, here);
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::kInput);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      return error.what();
    }
    return "";
  }
  // A file whose content was changed by someone who knows how checksums are made.
  template <typename Change>
  std::string changed(const Change& change) const {
    auto json = nlohmann::ordered_json::parse(text_);
    json.erase("checksum");
    change(json);
    json["checksum"] = base::Hasher().add(json.dump()).hex();
    return json.dump(2) + "\n";
  }

  base::TempFolder folder_;
  std::filesystem::path path_;
  std::string text_;
};

TEST_F(MachineFile, KeepsEveryNumber) {
  const MeasuredMachine read = read_machine_file(path_, kHere), expected = example();
  EXPECT_EQ(read.fingerprint, kHere);
  ASSERT_EQ(read.devices.size(), 2u);
  for (const int cores : {1, 4}) {
    const Machine machine = read.machine(cores);
    EXPECT_EQ(machine.name, fmt::format("cpu:{}", cores));
    EXPECT_EQ(machine.launch, expected.devices.at(cores).launch);
    EXPECT_EQ(machine.near.latency, 12e-6);
    EXPECT_EQ(machine.far.bandwidth, 2e9);
    ASSERT_EQ(machine.rates.size(), graph::catalogue().size());
    for (size_t kind = 0; kind < machine.rates.size(); ++kind) {
      EXPECT_EQ(machine.rates[kind].fp32_flops, expected.devices.at(cores).rates[kind].fp32_flops);
      EXPECT_EQ(machine.rates[kind].bf16_flops, expected.devices.at(cores).rates[kind].bf16_flops);
      EXPECT_EQ(machine.rates[kind].bytes, expected.devices.at(cores).rates[kind].bytes);
    }
  }
  EXPECT_THROW(read.machine(2), base::Error);
}

TEST_F(MachineFile, DamageIsSeenWhereverItIs) {
  EXPECT_EQ(refusal(text_), "");
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal("[1, 2"), "");
  EXPECT_NE(refusal("[1, 2]"), "");
  EXPECT_NE(refusal(std::string(2 << 20, ' ')), "");
  for (size_t at = 0; at < text_.size(); at += 131) {
    EXPECT_NE(refusal(text_.substr(0, at)), "") << "cut at " << at;
    std::string damaged = text_;
    damaged[at] = damaged[at] == '1' ? '2' : '1';
    // Blanks between members are no content.
    if (text_[at] == ' ' || text_[at] == '\n') continue;
    EXPECT_NE(refusal(damaged), "") << "changed at " << at;
  }
  base::write_file_atomically(path_, text_);
  EXPECT_THROW(read_machine_file(path_.parent_path() / "none.json", kHere), base::Error);
  EXPECT_THROW(read_machine_file(path_.parent_path(), kHere), base::Error);
}

TEST_F(MachineFile, ForeignAndOldFilesAreRefused) {
  EXPECT_NE(refusal(text_, {{"cpu", "Another CPU"}, {"cores", "4"}})
                .find("measured elsewhere: cpu is 'Some CPU' there (expected 'Another CPU')"),
            std::string::npos);
  EXPECT_NE(refusal(text_, {{"cpu", "Some CPU"}}), "");
  EXPECT_NE(refusal(changed([](auto& json) { json["version"] = 0; })).find("another version"),
            std::string::npos);
}

TEST_F(MachineFile, SenselessNumbersAreRefused) {
  EXPECT_EQ(refusal(changed([](auto&) {})), "");
  const auto with_bytes = [&](const nlohmann::ordered_json& value) {
    return refusal(
        changed([&](auto& json) { json["devices_by_cores"]["4"]["operators"]["linear"]["bytes"] = value; }));
  };
  for (const nlohmann::ordered_json& value :
       {nlohmann::ordered_json(0), nlohmann::ordered_json(-1.5), nlohmann::ordered_json("fast"),
        nlohmann::ordered_json(nullptr)}) {
    EXPECT_NE(with_bytes(value).find("damaged"), std::string::npos) << value;
  }
  EXPECT_EQ(with_bytes(1.5), "");
  for (const char* cores : {"0", "x", "99999", "-1", ""}) {
    EXPECT_NE(refusal(changed(
                  [&](auto& json) { json["devices_by_cores"][cores] = json["devices_by_cores"]["4"]; })),
              "")
        << cores;
  }
  EXPECT_NE(refusal(changed([](auto& json) { json["devices_by_cores"] = nlohmann::ordered_json::object(); })),
            "");
  EXPECT_NE(refusal(changed([](auto& json) { json["link"].erase("latency_seconds"); })), "");
}

}  // namespace
}  // namespace foldmesh::plan
