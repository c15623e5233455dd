#include "foldmesh/pipeline/input_files.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/log.h"
#include "foldmesh/bio/alphabet.h"
#include "foldmesh/features/msa_input.h"
#include "foldmesh/output/summary.h"
#include "foldmesh/search/alignment_search.h"

namespace foldmesh::pipeline {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kMostCopies = 1000;  // of a chain; keeps a typing error from filling the memory

constexpr const char* kRankingFile = "ranking_debug.json";

// Fields of one record of a table; advances past it, counting lines. A quoted field may span lines.
std::vector<std::string> next_record(std::string_view& rest, char separator, int64_t& line,
                                     const std::string& path) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  const int64_t first_line = line;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    line += c == '\n' ? 1 : 0;
    if (is_quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (!rest.empty() && rest.front() == '"') {
        fields.back() += '"';
        rest.remove_prefix(1);
      } else {
        is_quoted = false;
      }
    } else if (c == '"' && fields.back().empty()) {
      is_quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else if (c == '\n') {
      return fields;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  if (is_quoted) base::throw_input("{}:{}: a quoted field does not end (expected '\"')", path, first_line);
  return fields;
}

size_t column_of(const std::vector<std::string>& heads, std::string_view name, const std::string& path) {
  for (size_t i = 0; i < heads.size(); ++i) {
    std::string head = heads[i];
    if (i == 0 && head.starts_with("\xef\xbb\xbf")) head.erase(0, 3);  // what spreadsheets put first
    if (head == name) return i;
  }
  base::throw_input("{}:1: no column '{}' (expected a first line with 'id' and 'sequence')", path, name);
}

bool is_blank(const std::vector<std::string>& fields) {
  return fields.size() == 1 && fields.front().find_first_not_of(" \t") == std::string::npos;
}

// Ids become names of folders.
void check_chain_id(const std::string& id, const fs::path& path) {
  const bool is_plain = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  });
  if (!is_plain)
    base::throw_input("{}: chain id '{}' (expected letters and digits)", path.string(), base::printable(id));
}

// Reads one job.
class Job {
 public:
  Job(const Json& json, const fs::path& path) : path_(path) {
    target_.input = path;
    const std::string name = json.at("name").get<std::string>();
    if (name.empty()) base::throw_input("{}: a job without a name", path.string());
    target_.name = search::folder_name(name);
    for (const char* unused : {"bondedAtomPairs", "userCCD", "userCCDPath"}) {
      if (json.contains(unused) && !json.at(unused).is_null()) leave_out(unused);
    }
    for (const Json& entity : json.at("sequences")) add(entity);
    if (target_.chains.empty())
      base::throw_input("{}: job {} has no chain", path.string(), base::printable(name));
    if (!left_out_.empty()) {
      base::log::warn("{}: {}: left out, as AlphaFold 2 has no use for it: {}", path.string(), target_.name,
                      fmt::format("{}", fmt::join(left_out_, ", ")));
    }
  }
  Target take() { return std::move(target_); }

 private:
  void leave_out(const std::string& what) { left_out_.insert(what); }

  void add(const Json& entity) {
    // "proteinChain" with a count is AlphaFold Server's word.
    const bool is_server = entity.contains("proteinChain");
    if (!is_server && !entity.contains("protein")) {
      const std::string kind = entity.is_object() && !entity.empty() ? entity.begin().key() : "nothing";
      base::throw_input("{}: job {} has a chain of kind '{}' (expected protein only)", path_.string(),
                        target_.name, base::printable(kind));
    }
    const Json& protein = entity.at(is_server ? "proteinChain" : "protein");
    Chain chain;
    chain.sequence =
        checked_sequence(protein.at("sequence").get<std::string>(), path_.string(), target_.name);
    if (protein.contains("description")) chain.description = protein.at("description").get<std::string>();
    for (const char* unused : {"modifications", "pairedMsa", "pairedMsaPath", "templates", "glycans"}) {
      if (protein.contains(unused) && !protein.at(unused).is_null() && !protein.at(unused).empty() &&
          protein.at(unused) != Json("")) {
        leave_out(unused);
      }
    }
    if (protein.contains("unpairedMsa") && protein.at("unpairedMsa").is_string()) {
      chain.alignment_text = protein.at("unpairedMsa").get<std::string>();
      // Empty asks for no alignment: then it is the query alone.
      if (chain.alignment_text.empty()) chain.alignment_text = ">query\n" + chain.sequence + "\n";
    } else if (protein.contains("unpairedMsaPath") && protein.at("unpairedMsaPath").is_string()) {
      chain.alignments.push_back(path_.parent_path() / protein.at("unpairedMsaPath").get<std::string>());
    }
    for (const std::string& id : ids(protein)) {
      chain.id = id;
      target_.chains.push_back(chain);
    }
  }

  std::vector<std::string> ids(const Json& protein) {
    std::vector<std::string> out;
    if (!protein.contains("id")) {
      const int64_t count = protein.value("count", int64_t{1});
      if (count < 1 || count > kMostCopies) {
        base::throw_input("{}: {} copies of a chain (expected 1 to {})", path_.string(), count, kMostCopies);
      }
      for (int64_t i = 0; i < count; ++i) {
        out.push_back(chain_letters(target_.chains.size() + static_cast<size_t>(i)));
      }
    } else if (protein.at("id").is_array()) {
      out = protein.at("id").get<std::vector<std::string>>();
    } else {
      out.push_back(protein.at("id").get<std::string>());
    }
    for (const std::string& id : out) {
      check_chain_id(id, path_);
      if (!ids_.insert(id).second) base::throw_input("{}: two chains with id '{}'", path_.string(), id);
    }
    return out;
  }

  const fs::path& path_;
  Target target_;
  std::set<std::string> ids_, left_out_;
};

std::vector<fs::path> alignments_in(const fs::path& msas) {
  std::vector<fs::path> files;
  std::error_code error;
  if (!fs::is_directory(msas, error)) return files;
  for (const fs::directory_entry& entry : fs::directory_iterator(msas)) {
    const std::string extension = entry.path().extension().string(), name = entry.path().stem().string();
    // Hits of structures are templates, and UniProt's and rows that are pairs serve to pair chains.
    const bool is_alignment = (extension == ".sto" || extension == ".a3m") && name != "pdb_hits" &&
                              name != "uniprot_hits" && name != "paired_hits";
    if (is_alignment && entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string name_of_folder(const fs::path& folder) {
  fs::path full = fs::absolute(folder).lexically_normal();
  if (full.filename().empty()) full = full.parent_path();
  return search::folder_name(full.filename().string());
}

fs::path chain_map_of(const fs::path& folder) { return folder / "msas" / "chain_id_map.json"; }

// As fold and AlphaFold-Multimer leave it.
Target read_complex_folder(const fs::path& folder) {
  const fs::path map = chain_map_of(folder);
  Target target{name_of_folder(folder), parse_chain_map(base::read_file(map), map), folder};
  std::set<std::string> known;
  for (Chain& chain : target.chains) {
    if (!known.insert(chain.sequence).second) continue;
    const fs::path msas = folder / "msas" / chain.id;
    chain.alignments = alignments_in(msas);
    chain.msa_folder = msas;
    if (chain.alignments.empty())
      base::throw_input("{}: has no alignment (expected those of chain {})", msas.string(), chain.id);
    for (const char* name : {"uniprot_hits.a3m", "uniprot_hits.sto"}) {
      if (fs::is_regular_file(msas / name)) chain.uniprot = msas / name;
    }
    if (const fs::path paired = msas / "paired_hits.a3m"; fs::is_regular_file(paired))
      chain.paired_text = base::read_file(paired);
  }
  return target;
}

}  // namespace

std::string checked_sequence(std::string residues, const std::string& path, std::string_view record) {
  if (residues.empty()) base::throw_input("{}: record {}: has no residue", path, base::printable(record));
  for (char& c : residues) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!bio::is_residue(bio::code_of(c))) {
      base::throw_input(
          "{}: record {}: '{}' is not a residue (expected the 20 amino acids, or B, J, O, U, X, Z)", path,
          base::printable(record), base::printable({&c, 1}));
    }
  }
  return residues;
}

std::vector<Chain> chains_of_text(std::string_view text, const std::string& path, std::string_view record) {
  std::vector<Chain> chains;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(':', begin), text.size());
    chains.push_back({chain_letters(chains.size()), "",
                      checked_sequence(std::string(text.substr(begin, end - begin)), path, record)});
    begin = end + 1;
  }
  return chains;
}

std::vector<Target> parse_table(std::string_view text, const fs::path& path) {
  const char separator = path.extension() == ".tsv" ? '\t' : ',';
  int64_t line = 1;
  const std::vector<std::string> heads = next_record(text, separator, line, path.string());
  const size_t id = column_of(heads, "id", path.string()),
               sequence = column_of(heads, "sequence", path.string());
  std::vector<Target> targets;
  while (!text.empty()) {
    const int64_t here = line;
    const std::vector<std::string> fields = next_record(text, separator, line, path.string());
    if (is_blank(fields)) continue;
    if (fields.size() <= std::max(id, sequence) || fields[id].empty()) {
      base::throw_input("{}:{}: {} fields, or no id (expected {} as in the first line)", path.string(), here,
                        fields.size(), heads.size());
    }
    std::vector<Chain> chains =
        chains_of_text(fields[sequence], fmt::format("{}:{}", path.string(), here), fields[id]);
    targets.push_back({search::folder_name(fields[id]), std::move(chains), path});
  }
  if (targets.empty()) base::throw_input("{}: has no record below its first line", path.string());
  return targets;
}

std::vector<Target> parse_alphafold3(std::string_view text, const fs::path& path) {
  std::vector<Target> targets;
  try {
    const Json json = Json::parse(text);
    if (json.is_array()) {
      for (const Json& job : json) targets.push_back(Job(job, path).take());
    } else {
      targets.push_back(Job(json, path).take());
    }
  } catch (const Json::exception& error) {
    base::throw_input("{}: is no job of AlphaFold 3 ({})", path.string(), base::printable(error.what(), 200));
  }
  if (targets.empty()) base::throw_input("{}: an empty list of jobs", path.string());
  return targets;
}

std::vector<Chain> parse_chain_map(std::string_view text, const fs::path& path) {
  std::vector<Chain> chains;
  try {
    // A map that keeps the order of the file: Z goes before AA.
    const auto map = nlohmann::ordered_json::parse(text);
    for (const auto& [key, facts] : map.items()) {
      const std::string& id = key;  // clang 14 lets lambdas use no structured binding
      check_chain_id(id, path);
      const bool is_new =
          std::none_of(chains.begin(), chains.end(), [&](const Chain& chain) { return chain.id == id; });
      if (!is_new) base::throw_input("{}: two chains with id '{}'", path.string(), id);
      if (std::ssize(chains) == kMostCopies)
        base::throw_input("{}: more than {} chains", path.string(), kMostCopies);
      chains.push_back({id, facts.value("description", ""),
                        checked_sequence(facts.at("sequence").get<std::string>(), path.string(), id)});
    }
  } catch (const Json::exception& error) {
    base::throw_input("{}: does not name the chains of a complex ({})", path.string(),
                      base::printable(error.what(), 200));
  }
  if (chains.empty()) base::throw_input("{}: names no chain", path.string());
  return chains;
}

bool is_result_file(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name == output::kSummaryFile) {
    std::string line;  // a table of the user's own may have this name
    std::getline(std::ifstream(file), line);
    return line + "\n" == output::kSummaryHeads;
  }
  for (const char* known :
       {kRankingFile, "timings.json", "relax_metrics.json", "templates.json", "run.json"}) {
    if (name == known) return true;
  }
  constexpr const char* kOfModels[] = {"confidence_model_", "pae_model_", "chain_pairs_model_",
                                       "contacts_model_"};
  return name.ends_with(".json") && std::any_of(std::begin(kOfModels), std::end(kOfModels),
                                                [&](const char* start) { return name.starts_with(start); });
}

bool has_results(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / kRankingFile, error);
}

bool has_alignments(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(chain_map_of(folder), error) || !alignments_in(folder / "msas").empty();
}

Target read_alignment_folder(const fs::path& folder) {
  if (fs::is_regular_file(chain_map_of(folder))) return read_complex_folder(folder);
  const std::vector<fs::path> files = alignments_in(folder / "msas");
  if (files.empty()) base::throw_input("{}: has no alignment in msas/", folder.string());
  for (const fs::path& file : files) {
    const features::MsaInput input = features::read_msa(fs::absolute(file).string());
    if (input.msa.n_seq() == 0) continue;
    const bio::Sequence query = features::query_of(input);
    Target target{name_of_folder(folder),
                  {{"A", query.description, checked_sequence(query.residues, file.string(), query.name)}},
                  folder};
    target.chains.front().alignments = files;
    target.chains.front().msa_folder = folder / "msas";
    return target;
  }
  base::throw_input("{}: its alignments are empty, so there is no query", folder.string());
}

}  // namespace foldmesh::pipeline
