#include "foldmesh/base/error.h"

namespace foldmesh::base {

std::string printable(std::string_view bytes, size_t max_length) {
  std::string out;
  for (size_t i = 0; i < bytes.size() && i < max_length; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c >= 0x20 && c < 0x7f) {
      out.push_back(static_cast<char>(c));
    } else {
      out += fmt::format("\\x{:02x}", c);
    }
  }
  if (bytes.size() > max_length) out += "...";
  return out;
}

}  // namespace foldmesh::base
