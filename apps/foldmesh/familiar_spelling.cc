#include "apps/foldmesh/familiar_spelling.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <string_view>

#include "apps/foldmesh/commands.h"
#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"

namespace foldmesh::apps {
namespace {

constexpr int kDeepestFlagfile = 8;

std::string dashed(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

struct Match {
  std::string name;  // as the command has it, without dashes in front
  bool is_flag = false;
};

// The option of the command, or of what it belongs to, that is spelled like this but for dashes and
// underscores.
std::optional<Match> find_option(const CLI::App* app, std::string_view spelled) {
  const std::string wanted = dashed(spelled);
  for (; app != nullptr; app = app->get_parent()) {
    std::optional<Match> found;
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        const Match match{name, option->get_items_expected_max() == 0};
        if (name == spelled) return match;
        if (dashed(name) == wanted) found = match;
      }
    }
    if (found) return found;
  }
  return std::nullopt;
}

// One word that begins with a dash.
std::string rewrite(const CLI::App* app, const std::string& word) {
  const size_t dashes = word.starts_with("--") ? 2 : 1;
  const size_t equals = word.find('=');
  const std::string name = word.substr(dashes, equals == std::string::npos ? equals : equals - dashes);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals);
  if (name.size() < 2) return word;
  if (const auto match = find_option(app, name)) return "--" + match->name + value;
  if (dashes == 2 && value.empty() && name.starts_with("no")) {
    const size_t skip = name.size() > 3 && (name[2] == '-' || name[2] == '_') ? 3 : 2;
    const auto match = find_option(app, name.substr(skip));
    if (match && match->is_flag) return "--" + match->name + "=false";
  }
  return word;
}

void insert_flagfiles(std::vector<std::string>& words, int depth) {
  for (size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    std::string path;
    size_t n_words = 1;
    for (const std::string option : {"--flagfile", "-flagfile"}) {
      if (words[i] == option && i + 1 < words.size()) {
        path = words[i + 1];
        n_words = 2;
      } else if (words[i].starts_with(option + "=")) {
        path = words[i].substr(option.size() + 1);
      }
    }
    if (path.empty()) continue;
    if (depth >= kDeepestFlagfile) base::throw_input("{}: flag files within flag files, too deep", path);
    std::vector<std::string> inserted;
    std::istringstream text(base::read_file(path));
    for (std::string line; std::getline(text, line);) {
      const size_t begin = line.find_first_not_of(" \t\r"), end = line.find_last_not_of(" \t\r");
      if (begin == std::string::npos) continue;
      line = line.substr(begin, end - begin + 1);
      if (!line.starts_with('#') && !line.starts_with("//")) inserted.push_back(line);
    }
    insert_flagfiles(inserted, depth + 1);
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(i);
    words.erase(at, at + static_cast<std::ptrdiff_t>(n_words));
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(i), inserted.begin(), inserted.end());
    i += inserted.size();
    --i;
  }
}

}  // namespace

std::vector<std::string> familiar_spelling(const CLI::App& program, std::vector<std::string> words) {
  // Only below a command that is ours: HMMER's have rules of their own.
  const auto first = std::find_if(words.begin(), words.end(),
                                  [](const std::string& word) { return !word.starts_with('-'); });
  if (first != words.end() && is_hmmer_command(*first)) return words;
  insert_flagfiles(words, 0);
  const CLI::App* app = &program;
  for (std::string& word : words) {
    if (word == "--") break;
    if (word.size() > 1 && word.front() == '-') {
      word = rewrite(app, word);
    } else if (const auto below =
                   app->get_subcommands([&](const CLI::App* command) { return command->get_name() == word; });
               !below.empty()) {
      app = below.front();
    }
  }
  return words;
}

}  // namespace foldmesh::apps
