// Numbers as short text, and text that may stand in a page.
#ifndef FOLDMESH_OUTPUT_REPORT_ENCODING_H_
#define FOLDMESH_OUTPUT_REPORT_ENCODING_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace foldmesh::output::report {

std::string base64(std::span<const uint8_t> bytes);  // RFC 4648, padded
// One digit of base64's alphabet for a value of 0 to 63.
char base64_digit(unsigned value);
// `&`, `<`, `>` and quotes as entities.
std::string html_text(std::string_view text);
// JSON for a <script> element: ASCII only, and no character that could end the element. Bytes outside UTF-8
// become replacement characters.
std::string script_json(const nlohmann::ordered_json& json);

}  // namespace foldmesh::output::report

#endif  // FOLDMESH_OUTPUT_REPORT_ENCODING_H_
