#include "foldmesh/templates/structure_files.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <system_error>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/line_reader.h"

namespace foldmesh::templates {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}
std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

bool is_id(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c); });
}

}  // namespace

ObsoleteEntries read_obsolete(const fs::path& path) {
  seqio::LineReader lines(seqio::open_bytes(path));
  ObsoleteEntries entries;
  std::string_view line;
  while (lines.next(line)) {
    if (!line.starts_with("OBSLTE")) continue;
    std::istringstream words{std::string(line)};
    std::string record, date, old_id, new_id;
    words >> record >> date >> old_id >> new_id;
    if (!is_id(old_id) || (!new_id.empty() && !is_id(new_id))) {
      base::throw_input("{}: '{}' (expected: OBSLTE date old-id [new-id])", base::to_string(lines.location()),
                        base::printable(line));
    }
    entries[lower(old_id)] = lower(new_id);
  }
  return entries;
}

std::optional<fs::path> find_mmcif(const fs::path& folder, const std::string& pdb_id) {
  for (const std::string& id : {pdb_id, upper(pdb_id)}) {
    for (const fs::path& within : {folder, folder / (id.size() >= 3 ? lower(id.substr(1, 2)) : id)}) {
      for (const char* ending : {".cif", ".cif.gz", ".cif.zst"}) {
        std::error_code error;
        const fs::path file = within / (id + ending);
        if (fs::is_regular_file(file, error)) return file;
      }
    }
  }
  return std::nullopt;
}

}  // namespace foldmesh::templates
