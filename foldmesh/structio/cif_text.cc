#include "foldmesh/structio/cif_text.h"

#include <algorithm>
#include <cctype>

namespace foldmesh::structio {
namespace {

std::string printable_ascii(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

bool is_reserved(std::string_view value) {
  std::string lower(value.substr(0, 7));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.starts_with("data_") || lower.starts_with("save_") || lower.starts_with("loop_") ||
         lower.starts_with("stop_") || lower == "global_";
}

bool can_stand_bare(std::string_view value) {
  return value.find(' ') == std::string_view::npos &&
         std::string_view("_#$'\"[];").find(value[0]) == std::string_view::npos && value != "." &&
         value != "?" && !is_reserved(value);
}

std::string text_field(std::string_view lines) { return "\n;" + std::string(lines) + "\n;\n"; }

}  // namespace

std::string cif_value(std::string_view value) {
  if (value.empty()) return ".";
  const std::string text = printable_ascii(value);
  if (can_stand_bare(text)) return text;
  if (text.find('\'') == std::string::npos) return "'" + text + "'";
  if (text.find('"') == std::string::npos) return '"' + text + '"';
  return text_field(text);
}

std::string cif_folded(std::string_view value) {
  constexpr size_t kWidth = 80;
  const std::string text = printable_ascii(value);
  if (text.size() <= kWidth) return cif_value(text);
  std::string lines;
  for (size_t start = 0; start < text.size(); start += kWidth) {
    if (start > 0) lines += '\n';
    lines += text.substr(start, kWidth);
  }
  return text_field(lines);
}

CifText::CifText(std::string_view block_name) {
  text_ = "data_";
  for (const unsigned char c : block_name) {
    const bool plain = std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-';
    text_ += plain ? static_cast<char>(c) : '_';
  }
  text_ += block_name.empty() ? "model\n#\n" : "\n#\n";
}

void CifText::comment(std::string_view text) { text_ += "# " + printable_ascii(text) + "\n#\n"; }

void CifText::category(std::string_view name, std::span<const Item> items) {
  size_t width = 0;
  for (const Item& item : items) width = std::max(width, item.name.size());
  for (const Item& item : items) {
    text_ += name;
    text_ += '.';
    text_ += item.name;
    text_.append(width - item.name.size() + 1, ' ');
    text_ += item.value;
    if (text_.back() != '\n') text_ += '\n';
  }
  text_ += "#\n";
}

void CifText::begin_loop(std::string_view category, std::span<const std::string_view> names) {
  text_ += "loop_\n";
  for (const std::string_view name : names) {
    text_ += category;
    text_ += '.';
    text_ += name;
    text_ += '\n';
  }
}

void CifText::row(std::span<const std::string> values) {
  for (const std::string& value : values) {
    if (text_.back() != '\n') text_ += ' ';
    text_ += value;
  }
  if (text_.back() != '\n') text_ += '\n';
}

void CifText::row_text(std::string_view text) {
  text_ += text;
  text_ += '\n';
}

void CifText::end_loop() { text_ += "#\n"; }

}  // namespace foldmesh::structio
