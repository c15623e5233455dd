#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "apps/foldmesh/command_tree.h"
#include "foldmesh/base/error.h"

namespace foldmesh::apps {
namespace {

void for_each_command(const CommandInfo& command, const std::function<void(const CommandInfo&)>& body) {
  body(command);
  for (const CommandInfo& below : command.subcommands) for_each_command(below, body);
}

std::vector<std::string> subcommand_names(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const CommandInfo& below : command.subcommands)
    names.push_back(below.path.substr(below.path.rfind(' ') + 1));
  return names;
}

std::vector<std::string> option_names(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const OptionInfo& option : command.options) {
    for (const std::string& name : option.names) {
      if (name.find('_') == std::string::npos) names.push_back(name);  // one spelling is enough
    }
  }
  return names;
}

// `"foldmesh fold"|"foldmesh db"`: steps from one command to the next.
std::string steps(const CommandInfo& program) {
  std::vector<std::string> paths;
  for_each_command(program, [&](const CommandInfo& command) {
    if (command.path != program.path) paths.push_back("'" + command.path + "'");
  });
  return fmt::format("{}", fmt::join(paths, "|"));
}

std::string bash(const CommandInfo& program) {
  std::string words, values;
  for_each_command(program, [&](const CommandInfo& command) {
    words += fmt::format("    '{}') commands='{}' options='{}' ;;\n", command.path,
                         fmt::join(subcommand_names(command), " "), fmt::join(option_names(command), " "));
    for (const OptionInfo& option : command.options) {
      for (const std::string& name : option.names) {
        if (!option.choices.empty()) {
          values += fmt::format("    '{} {}') COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n",
                                command.path, name, fmt::join(option.choices, " "));
        }
      }
    }
  });
  return fmt::format(
      "# bash completion of foldmesh, made by `foldmesh completion bash`\n"
      "_foldmesh() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} path=foldmesh commands= "
      "options= i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case \"$path ${{COMP_WORDS[i]}}\" in\n"
      "    {}) path=\"$path ${{COMP_WORDS[i]}}\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$path $prev\" in\n{}  esac\n"
      "  case \"$path\" in\n{}  esac\n"
      "  if [[ $cur == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
      "  elif [[ -n $commands ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
      "  else\n"
      "    COMPREPLY=()\n"
      "  fi\n"
      "}}\n"
      "complete -o default -o bashdefault -F _foldmesh foldmesh\n",
      steps(program), values, words);
}

// The first sentence, without characters that the shells' lists give a meaning.
std::string short_help(const std::string& help) {
  std::string out;
  for (const char c : help.substr(0, help.find_first_of(";.(\n"))) {
    if (c == '\'' || c == '\\' || c == '[' || c == ']' || c == ':' || c == '`' || c == '$' || c == '"')
      continue;
    out += c;
  }
  return out;
}

std::string zsh(const CommandInfo& program) {
  std::string cases;
  for_each_command(program, [&](const CommandInfo& command) {
    cases += fmt::format("    '{}')\n      commands=(", command.path);
    for (const CommandInfo& below : command.subcommands) {
      cases +=
          fmt::format("'{}:{}' ", below.path.substr(below.path.rfind(' ') + 1), short_help(below.summary));
    }
    cases += ")\n      options=(";
    for (const OptionInfo& option : command.options) {
      for (const std::string& name : option.names) {
        if (name.find('_') == std::string::npos)
          cases += fmt::format("'{}:{}' ", name, short_help(option.help));
      }
    }
    cases += ") ;;\n";
  });
  return fmt::format(
      "#compdef foldmesh\n"
      "# zsh completion of foldmesh, made by `foldmesh completion zsh`\n"
      "_foldmesh() {{\n"
      "  local where=foldmesh word\n"
      "  local -a commands options\n"
      "  for word in ${{words[2,CURRENT-1]}}; do\n"
      "    case \"$where $word\" in\n"
      "    {}) where=\"$where $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$where\" in\n{}  esac\n"
      "  if [[ $PREFIX == -* ]]; then\n"
      "    _describe option options\n"
      "  elif (( $#commands )); then\n"
      "    _describe command commands\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}}\n"
      "_foldmesh \"$@\"\n",
      steps(program), cases);
}

std::string fish(const CommandInfo& program) {
  std::string out = "# fish completion of foldmesh, made by `foldmesh completion fish`\n";
  for_each_command(program, [&](const CommandInfo& command) {
    const std::string inner =
        command.path == program.path ? "" : command.path.substr(program.path.size() + 1);
    std::string when = inner.empty() ? "__fish_use_subcommand" : "";
    for (size_t at = 0; at < inner.size();) {
      const size_t end = std::min(inner.find(' ', at), inner.size());
      when += (at == 0 ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") +
              inner.substr(at, end - at);
      at = end + 1;
    }
    for (const CommandInfo& below : command.subcommands) {
      out += fmt::format("complete -c foldmesh -n '{}' -f -a {} -d '{}'\n", when,
                         below.path.substr(below.path.rfind(' ') + 1), short_help(below.summary));
    }
    for (const OptionInfo& option : command.options) {
      std::string spelled;
      for (const std::string& name : option.names) {
        if (name.find('_') != std::string::npos) continue;
        spelled += name.starts_with("--") ? " -l " + name.substr(2)
                   : name.size() == 2     ? " -s " + name.substr(1)
                                          : " -o " + name.substr(1);
      }
      if (spelled.empty()) continue;
      if (!option.value.empty()) spelled += " -r";
      if (!option.choices.empty()) spelled += fmt::format(" -f -a '{}'", fmt::join(option.choices, " "));
      out += fmt::format("complete -c foldmesh -n '{}'{} -d '{}'\n", when, spelled, short_help(option.help));
    }
  });
  return out;
}

}  // namespace

std::string completion_script(const CommandInfo& program, std::string_view shell) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  if (shell == "fish") return fish(program);
  base::throw_internal("no completion for {}", shell);
}

}  // namespace foldmesh::apps
