#include "foldmesh/search/search_state.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "foldmesh/base/bytes.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/sync_folder.h"

namespace foldmesh::search {
namespace {

namespace fs = std::filesystem;

constexpr const char* kOutputsFile = "outputs";

bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (error) base::throw_machine("{}: cannot be created: {}", folder.string(), error.message());
  return is_new;
}

}  // namespace

// The sizes are the first record: all ids of units depend on them.
UnitSizes PassLog::begin(const UnitSizes& sizes) {
  std::optional<UnitSizes> before;
  log_.replay([&](std::string_view record) {
    if (!before) before = base::ByteReader(record).get<UnitSizes>();
  });
  if (before) return *before;
  std::string record;
  base::ByteWriter(record).put(sizes);
  log_.append(record);
  return sizes;
}

void PassLog::replay(const std::function<void(UnitResult&&)>& on_result) {
  bool is_first = true;
  log_.replay([&](std::string_view record) {
    if (!std::exchange(is_first, false)) on_result(decode_unit_result(record));
  });
}

void PassLog::remove() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

SearchState::SearchState(fs::path folder, std::string key)
    : folder_(std::move(folder)),
      key_(std::move(key)),
      was_interrupted_(!make_folder(folder_)),
      log_(std::make_unique<base::RecordLog>(folder_ / kOutputsFile, key_)) {
  base::sync_folder(folder_.parent_path());
  log_->replay([&](std::string_view record) {
    base::ByteReader in(record);
    const auto output = in.get<uint64_t>();
    notes_[output] = in.text();
  });
  if (log_->resumed()) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().filename() != kOutputsFile) fs::remove(entry.path());
  }
}

std::optional<std::string> SearchState::note_of(size_t output) const {
  const auto found = notes_.find(output);
  if (found == notes_.end()) return std::nullopt;
  return found->second;
}

void SearchState::set_done(size_t output, std::string_view note) {
  std::string record;
  base::ByteWriter out(record);
  out.put(static_cast<uint64_t>(output));
  out.put_text(note);
  log_->append(record);
}

std::unique_ptr<PassLog> SearchState::open_pass(size_t pass, const std::string& pass_key) const {
  return std::make_unique<PassLog>(folder_ / fmt::format("pass-{}", pass), key_ + pass_key);
}

void SearchState::remove() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace foldmesh::search
