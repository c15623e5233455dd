#include "foldmesh/base/abandoned_files.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "foldmesh/base/file.h"
#include "foldmesh/base/hash.h"

namespace foldmesh::base {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMiddle = ".tmp.";
constexpr size_t kHostDigits = 8;

const std::string& this_host() {
  static const std::string kHost = [] {
    std::array<char, 256> name{}, space{};
    ::gethostname(name.data(), name.size() - 1);
    if (::readlink("/proc/self/ns/pid", space.data(), space.size() - 1) < 0) space[0] = '\0';
    return Hasher().add(name.data()).add(space.data()).hex().substr(0, kHostDigits);
  }();
  return kHost;
}

struct Writer {
  std::string_view host;  // empty in names of earlier versions
  pid_t pid = 0;
};

bool is_made_of(std::string_view text, std::string_view letters) {
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

// Of what stands behind `.tmp.`: "4711.0-1f00ba42". Nothing for names of another kind.
std::optional<Writer> parse(std::string_view end) {
  const size_t dot = end.find('.'), dash = end.find('-');
  if (dot == std::string_view::npos || (dash != std::string_view::npos && dash < dot)) return std::nullopt;
  Writer writer;
  if (dash != std::string_view::npos) {
    writer.host = end.substr(dash + 1);
    if (writer.host.size() != kHostDigits || !is_made_of(writer.host, "0123456789abcdef"))
      return std::nullopt;
    end = end.substr(0, dash);
  }
  if (!is_made_of(end.substr(dot + 1), "0123456789")) return std::nullopt;
  const auto [stop, error] = std::from_chars(end.data(), end.data() + dot, writer.pid);
  if (error != std::errc() || stop != end.data() + dot || writer.pid <= 0) return std::nullopt;
  return writer;
}

std::optional<Writer> writer_of(std::string_view name) {
  const size_t at = name.rfind(kMiddle);
  if (!name.starts_with('.') || at == std::string_view::npos || at < 2) return std::nullopt;
  return parse(name.substr(at + kMiddle.size()));
}

bool is_abandoned(const Writer& writer, const fs::directory_entry& file) {
  if (writer.host == this_host()) return ::kill(writer.pid, 0) != 0 && errno == ESRCH;
  std::error_code error;
  const fs::file_time_type written = file.last_write_time(error);
  return !error && fs::file_time_type::clock::now() - written > kAbandonedAfter;
}

// Whether it was there to be removed, and was.
bool remove_if_abandoned(const fs::directory_entry& file) {
  const std::string name = file.path().filename().string();
  const std::optional<Writer> writer = writer_of(name);
  std::error_code error;
  return writer && file.is_regular_file(error) && is_abandoned(*writer, file) &&
         fs::remove(file.path(), error);
}

// Whether this process has not looked there before.
bool is_first_look(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<std::string> seen;
  std::error_code error;
  const std::string name = fs::absolute(folder, error).lexically_normal().string();
  const std::scoped_lock lock(mutex);
  return seen.insert(name).second;
}

fs::path folder_of(const fs::path& path) {
  return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}
std::string start_of(const fs::path& path) { return fmt::format(".{}{}", path.filename().string(), kMiddle); }

}  // namespace

std::string temporary_name(const std::string& name, unsigned n) {
  return fmt::format(".{}{}{}.{}-{}", name, kMiddle, ::getpid(), n, this_host());
}

size_t remove_abandoned_in(const fs::path& folder) {
  if (!is_first_look(folder)) return 0;
  size_t n = 0;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    n += remove_if_abandoned(*at) ? 1 : 0;
  }
  return n;
}

size_t remove_abandoned_below(const fs::path& folder) {
  size_t n = 0;
  std::error_code error;
  const auto how = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder, how, error), end; !error && at != end;
       at.increment(error)) {
    n += remove_if_abandoned(*at) ? 1 : 0;
  }
  return n;
}

void remove_leftovers(const fs::path& path) {
  const std::string start = start_of(path);
  std::error_code error;
  for (fs::directory_iterator at(folder_of(path), error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(start) && parse(std::string_view(name).substr(start.size()))) {
      std::error_code ignored;
      fs::remove(at->path(), ignored);
    }
  }
}

}  // namespace foldmesh::base
