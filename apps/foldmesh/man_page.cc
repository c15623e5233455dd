#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/foldmesh/command_tree.h"

namespace foldmesh::apps {
namespace {

// Text as roff takes it: no escapes, no line that begins with a request, plain minus signs.
std::string roff(const std::string& text) {
  std::string out;
  bool at_line_start = true;
  for (const char c : text) {
    if (at_line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    at_line_start = c == '\n';
  }
  return out;
}

// Footers break lines where they mean to.
std::string roff_lines(const std::string& text) {
  std::string out;
  for (const char c : roff(text)) out += c == '\n' ? std::string("\n.br\n") : std::string(1, c);
  return out;
}

std::string page_name(const std::string& path) {
  std::string name = path;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string synopsis(const CommandInfo& command) {
  std::string out = "\\fB" + roff(command.path) + "\\fR";
  if (!command.subcommands.empty()) return out + " \\fICOMMAND\\fR [\\fIOPTIONS\\fR]";
  out += " [\\fIOPTIONS\\fR]";
  for (const OptionInfo& option : command.options) {
    if (!option.positional.empty()) out += fmt::format(" \\fI{}\\fR", roff(option.positional));
  }
  return out;
}

std::string entry(const OptionInfo& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + roff(name) + "\\fR");
  std::string out = ".TP\n";
  out += option.positional.empty() ? fmt::format("{}", fmt::join(names, ", "))
                                   : fmt::format("\\fI{}\\fR", roff(option.positional));
  if (!option.value.empty() && option.positional.empty()) out += " \\fI" + roff(option.value) + "\\fR";
  out += "\n" + roff(option.help);
  if (option.required) out += " (required)";
  if (!option.default_value.empty()) out += " (default: " + roff(option.default_value) + ")";
  return out + "\n";
}

}  // namespace

std::string man_page(const CommandInfo& command, const std::string& version) {
  const std::string name = page_name(command.path);
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string out = fmt::format(".TH {} 1 \"\" \"foldmesh {}\" \"foldmesh manual\"\n.SH NAME\n{} \\- {}\n",
                                roff(upper), roff(version), roff(name), roff(command.summary));
  out += fmt::format(".SH SYNOPSIS\n{}\n", synopsis(command));
  if (!command.subcommands.empty()) {
    out += ".SH COMMANDS\n";
    for (const CommandInfo& below : command.subcommands) {
      out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(below.path.substr(command.path.size() + 1)),
                         roff(below.summary));
    }
  }
  std::vector<std::string> groups;
  for (const OptionInfo& option : command.options) {
    const std::string group = option.positional.empty() ? option.group : "Arguments";
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  std::stable_partition(groups.begin(), groups.end(),
                        [](const std::string& group) { return group == "Arguments"; });
  for (const std::string& group : groups) {
    std::string title = group;
    if (group == "Arguments" || group == "Options") {
      std::transform(title.begin(), title.end(), title.begin(),
                     [](unsigned char c) { return std::toupper(c); });
      out += fmt::format(".SH {}\n", title);
    } else {
      out += fmt::format(".SS {}\n", roff(title));
    }
    for (const OptionInfo& option : command.options) {
      if ((option.positional.empty() ? option.group : "Arguments") == group) out += entry(option);
    }
  }
  if (!command.footer.empty()) out += ".SH NOTES\n" + roff_lines(command.footer) + "\n";
  out +=
      ".SH EXIT STATUS\n0: done. 1: a failure of the program or the machine. 2: wrong usage or bad input.\n";
  // Subcommands of a subcommand stand on its page.
  if (command.path.find(' ') != std::string::npos) {
    for (const CommandInfo& below : command.subcommands) {
      out += fmt::format(".SH \"{}\"\n{}\n", roff(below.path), roff(below.summary));
      for (const OptionInfo& option : below.options) out += entry(option);
    }
  }
  return out;
}

}  // namespace foldmesh::apps
