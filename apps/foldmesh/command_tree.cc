#include "apps/foldmesh/command_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace foldmesh::apps {
namespace {

// CLI11 writes the members of a set as TEXT:{a,b,c}.
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> out;
  const size_t begin = type.find('{');
  if (begin == std::string::npos || type.back() != '}') return out;
  for (size_t at = begin + 1; at < type.size();) {
    const size_t end = std::min(type.find(',', at), type.size() - 1);
    std::string choice = type.substr(at, end - at);
    choice = choice.substr(0, choice.find("->"));  // of maps: name->value
    if (!choice.empty()) out.push_back(choice);
    at = end + 1;
  }
  return out;
}

std::string value_of(const CLI::Option& option, const std::vector<std::string>& choices) {
  if (option.get_items_expected_max() == 0) return "";
  if (!choices.empty()) return fmt::format("{{{}}}", fmt::join(choices, ","));
  std::string type = option.get_type_name();
  type = type.substr(0, type.find(':'));
  return type.empty() ? "VALUE" : type;
}

OptionInfo describe(const CLI::Option& option) {
  OptionInfo out;
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  if (out.names.empty()) out.positional = option.get_name(true);
  out.choices = choices_of(option.get_type_name());
  out.value = value_of(option, out.choices);
  out.help = option.get_description();
  out.default_value = option.get_default_str();
  out.group = option.get_group();
  out.required = option.get_required();
  return out;
}

}  // namespace

CommandInfo describe(const CLI::App& command) {
  CommandInfo out;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    out.path = app->get_name() + (out.path.empty() ? "" : " ") + out.path;
  }
  out.summary = command.get_description();
  out.footer = command.get_footer();
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty()) out.options.push_back(describe(*option));
  }
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
    out.subcommands.push_back(describe(*below));
  }
  return out;
}

}  // namespace foldmesh::apps
