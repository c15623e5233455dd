// CIF 1.1 syntax: a data block of items and loops, every value quoted as it needs.
#ifndef FOLDMESH_STRUCTIO_CIF_TEXT_H_
#define FOLDMESH_STRUCTIO_CIF_TEXT_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace foldmesh::structio {

// A value as CIF text. Bytes other than printable ASCII become '?'; an empty string becomes '.'. May start a
// new line (text field), so it can stand anywhere where white space can.
std::string cif_value(std::string_view value);
// A long value as a text field with lines of at most 80 characters; for values in which line breaks mean
// nothing.
std::string cif_folded(std::string_view value);

class CifText {
 public:
  explicit CifText(std::string_view block_name);

  void comment(std::string_view text);
  // `_category.item value` lines followed by "#". Values are CIF text already.
  struct Item {
    std::string_view name;
    std::string value;
  };
  void category(std::string_view name, std::span<const Item> items);

  // loop_ with rows of CIF text, one line each.
  void begin_loop(std::string_view category, std::span<const std::string_view> names);
  void row(std::span<const std::string> values);
  // A row formatted by the caller, without the line break.
  void row_text(std::string_view text);
  void end_loop();

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace foldmesh::structio

#endif  // FOLDMESH_STRUCTIO_CIF_TEXT_H_
