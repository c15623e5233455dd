#include "foldmesh/output/report/report.h"

#include <algorithm>
#include <set>

#include "foldmesh/base/error.h"
#include "foldmesh/base/file.h"
#include "foldmesh/base/version.h"
#include "foldmesh/bio/residue_tables.h"
#include "foldmesh/output/report/assets.h"
#include "foldmesh/output/report/encoding.h"
#include "foldmesh/output/report/model_data.h"
#include "foldmesh/output/report/msa_coverage.h"
#include "foldmesh/output/report/result_reader.h"

namespace foldmesh::output::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Nothing may be loaded, whatever a hostile name brings in.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
    "worker-src blob:";

constexpr size_t kFewRows = 30;
constexpr double kLowConfidence = 50, kModestConfidence = 70;

Json to_json(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// Collects the page's data from a result.
class Page {
 public:
  explicit Page(const fs::path& folder) : result_(read_result(folder)) {}

  Json data() {
    Json models = Json::array();
    for (size_t rank = 0; rank < result_.models.size(); ++rank) models.push_back(model(rank));
    const std::optional<MsaCoverage> coverage = read_msa_coverage(result_.folder);
    add_general_notes(coverage);
    Json out = {
        {"title", result_.name},
        {"subtitle", subtitle()},
        {"untrained", result_.untrained},
        {"notes", notes_},
        {"ranking_label", result_.ranking_label == "plddts" ? "mean pLDDT" : "0.8 ipTM + 0.2 pTM"},
        {"chains", chains()},
        {"sequence", layout_.letters},
        {"types", type_letters()},
        {"numbers", numbers()},
        {"atom_names", std::vector<std::string>(std::begin(bio::kAtom37Names), std::end(bio::kAtom37Names))},
        {"names3", std::vector<std::string>(std::begin(bio::kRestypeNames3), std::end(bio::kRestypeNames3))},
        {"models", std::move(models)},
        {"msa", coverage_json(coverage)},
        {"templates", templates()},
        {"timings", result_.timings},
        {"facts", facts()}};
    return out;
  }
  const std::string& title() const { return result_.name; }

 private:
  Json model(size_t rank);
  void add_details(const ModelResult& model, Json& out);
  std::vector<double> plddt_of(const ModelResult& model, const structio::Entry& entry) const;
  void add_general_notes(const std::optional<MsaCoverage>& coverage);
  std::string subtitle() const;
  Json chains() const;
  Json numbers() const;
  Json templates() const;
  Json facts() const;
  std::string type_letters() const {
    std::string out;
    for (const int type : layout_.types) out += static_cast<char>('A' + type);
    return out;
  }
  Json coverage_json(const std::optional<MsaCoverage>& coverage) const;

  Result result_;
  Layout layout_;  // of the best model that can be shown
  size_t model_bytes_ = 0;
  std::vector<std::string> notes_;
};

Json Page::model(size_t rank) {
  const ModelResult& model = result_.models[rank];
  Json out = {{"name", model.name},
              {"rank", rank},
              {"confidence", model.confidence},
              {"mean_plddt", to_json(model.mean_plddt)},
              {"ptm", to_json(model.ptm)},
              {"iptm", to_json(model.iptm)},
              {"recycles", model.n_recycles ? Json(*model.n_recycles) : Json()},
              {"violations", to_json(model.n_violations)},
              {"relaxed", model.is_relaxed},
              {"files", model.files}};
  if (model_bytes_ >= kModelBytes) return out;
  Json details = out;
  try {
    add_details(model, details);
  } catch (const base::Error& error) {
    notes_.push_back(fmt::format("Model {} is not shown: {}", model.name, error.what()));
    return out;
  }
  const size_t bytes = details.dump(-1, ' ', true, Json::error_handler_t::replace).size();
  if (model_bytes_ > 0 && model_bytes_ + bytes > kModelBytes) {
    model_bytes_ = kModelBytes;  // models that are worse do not come before this one
    return out;
  }
  model_bytes_ += bytes;
  return details;
}

void Page::add_details(const ModelResult& model, Json& out) {
  if (model.structure.empty()) base::throw_input("{}: has no structure file", result_.folder.string());
  const structio::Entry entry = structio::read_structure(model.structure);
  const Layout layout = layout_of(entry);
  if (layout.letters.empty()) base::throw_input("{}: has no protein", model.structure.string());
  if (!layout_.letters.empty() && layout.letters != layout_.letters) {
    base::throw_input("{}: another sequence than in better models", model.structure.string());
  }
  const std::vector<double> plddt = plddt_of(model, entry);
  if (!model.pae.empty()) {
    const AlignedErrors errors = read_pae(model.pae);
    if (errors.n != layout.letters.size()) {
      base::throw_input("{}: {} residues (the structure has {})", model.pae.string(), errors.n,
                        layout.letters.size());
    }
    out["pae"] = pae_json(errors);
  }
  if (!model.chain_pairs.empty() && layout.chains.size() > 1) {
    const ChainPairs pairs = read_chain_pairs(model.chain_pairs);
    if (pairs.chain_ids.size() != layout.chains.size()) {
      base::throw_input("{}: {} chains (the structure has {})", model.chain_pairs.string(),
                        pairs.chain_ids.size(), layout.chains.size());
    }
    out["chain_pairs"] = {{"iptm", pairs.iptm}, {"mean_pae", pairs.mean_pae}, {"min_pae", pairs.min_pae}};
  }
  Json rounded = Json::array();
  for (const double value : plddt) rounded.push_back(std::stod(fmt::format("{:.1f}", value)));
  out["plddt"] = rounded;
  out["atoms"] = atoms_json(entry);
  layout_ = layout;
}

// From its own file, or else what the structure has as B-factors.
std::vector<double> Page::plddt_of(const ModelResult& model, const structio::Entry& entry) const {
  std::vector<double> from_structure;
  for (const structio::EntryChain& chain : entry.chains) {
    for (const structio::EntryResidue& residue : chain.residues)
      from_structure.push_back(static_cast<double>(residue.b_factor));
  }
  if (model.plddt.empty()) return from_structure;
  std::vector<double> plddt = read_plddt(model.plddt);
  // PDB files lack residues without atoms.
  return plddt.size() == from_structure.size() ? plddt : from_structure;
}

void Page::add_general_notes(const std::optional<MsaCoverage>& coverage) {
  if (coverage && coverage->n_rows < kFewRows) {
    notes_.push_back(
        fmt::format("The alignment has {} sequences, the query included. With fewer than about {} "
                    "predictions are often poor.",
                    coverage->n_rows, kFewRows));
  }
  if (!result_.untrained && !result_.models.empty() && result_.models.front().mean_plddt) {
    const double mean = *result_.models.front().mean_plddt;
    if (mean < kLowConfidence) {
      notes_.push_back("The best model's mean pLDDT is below 50: its shape should not be relied upon.");
    } else if (mean < kModestConfidence) {
      notes_.push_back("The best model's mean pLDDT is below 70: look at its confident parts only.");
    }
  }
  const auto n_unknown =
      static_cast<size_t>(std::count(layout_.types.begin(), layout_.types.end(), bio::kRestypeX));
  if (n_unknown > 0)
    notes_.push_back(fmt::format("{} residues are of unknown type (X) and have no atoms.", n_unknown));
  for (const ModelResult& model : result_.models) {
    if (model.relaxation_failure.empty()) continue;
    notes_.push_back(fmt::format("Relaxation of {} failed, so its structure is the unrelaxed one: {}",
                                 model.name, model.relaxation_failure));
  }
  const bool has_pdb =
      std::any_of(result_.models.begin(), result_.models.end(), [](const ModelResult& model) {
        return std::any_of(model.files.begin(), model.files.end(),
                           [](const std::string& name) { return name.ends_with(".pdb"); });
      });
  if (!result_.models.empty() && !has_pdb) {
    notes_.push_back(
        "There are no PDB files, as the structure does not fit in that format; use the mmCIF files.");
  }
  if (result_.run.contains("notes") && result_.run.at("notes").is_array()) {
    for (const Json& note : result_.run.at("notes")) {
      if (note.is_string()) notes_.push_back(note.get<std::string>());
    }
  }
}

std::string Page::subtitle() const {
  std::string out = fmt::format("{} residues", layout_.letters.size());
  if (layout_.chains.size() > 1) out += fmt::format(" in {} chains", layout_.chains.size());
  out += fmt::format(", {} model{}", result_.models.size(), result_.models.size() == 1 ? "" : "s");
  return out;
}

Json Page::chains() const {
  Json out = Json::array();
  for (const Layout::Chain& chain : layout_.chains) {
    std::string description;
    if (result_.run.contains("chains") && result_.run.at("chains").is_array()) {
      for (const Json& known : result_.run.at("chains")) {
        if (known.is_object() && known.contains("id") && known.at("id") == chain.id &&
            known.contains("description") && known.at("description").is_string()) {
          description = known.at("description").get<std::string>();
        }
      }
    }
    out.push_back(
        {{"id", chain.id}, {"first", chain.first}, {"length", chain.length}, {"description", description}});
  }
  return out;
}

// Null when they are plain: 1, 2, ... in every chain.
Json Page::numbers() const {
  for (const Layout::Chain& chain : layout_.chains) {
    for (size_t i = 0; i < chain.length; ++i) {
      if (layout_.numbers[chain.first + i] != static_cast<int>(i) + 1) return layout_.numbers;
    }
  }
  return nullptr;
}

Json Page::coverage_json(const std::optional<MsaCoverage>& coverage) const {
  // Alignments of complexes are filed by chain; then there is no picture of the whole.
  if (!coverage || coverage->depth.size() != layout_.letters.size()) return nullptr;
  std::string identity;
  for (const uint8_t value : coverage->identity) identity += base64_digit(value);
  std::vector<uint8_t> bits((coverage->is_covered.size() + 7) / 8);
  for (size_t k = 0; k < coverage->is_covered.size(); ++k) {
    bits[k / 8] = static_cast<uint8_t>(bits[k / 8] | (coverage->is_covered[k] << (k % 8)));
  }
  return {{"rows", coverage->n_rows}, {"height", coverage->height}, {"width", coverage->width},
          {"identity", identity},     {"covered", base64(bits)},    {"depth", coverage->depth}};
}

// templates.json is a list of objects with the same members; each becomes a row.
Json Page::templates() const {
  if (!result_.templates.is_array() || result_.templates.empty() || !result_.templates.front().is_object())
    return nullptr;
  Json heads = Json::array(), rows = Json::array();
  std::vector<std::string> keys;
  for (const auto& [key, value] : result_.templates.front().items()) {
    static const std::set<std::string_view> kForPrograms = {"aligned sequence", "template sequence",
                                                            "template residues", "template label_asym_id"};
    if (kForPrograms.contains(key)) continue;
    keys.push_back(key);
    std::string head = key;
    std::replace(head.begin(), head.end(), '_', ' ');
    heads.push_back(head);
  }
  for (const Json& entry : result_.templates) {
    Json row = Json::array();
    for (const std::string& key : keys) {
      const Json value = entry.is_object() && entry.contains(key) ? entry.at(key) : Json();
      row.push_back(value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump());
    }
    rows.push_back(row);
  }
  return {{"heads", heads}, {"rows", rows}};
}

// Without the punctuation of JSON: "1, 2", "uniref90: a.fasta, mgnify: b.fasta".
std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.dump();
  std::string out;
  for (const auto& [key, element] : value.items()) {
    out += (out.empty() ? "" : ", ") + (value.is_object() ? key + ": " : "") + plain(element);
  }
  return out;
}

Json Page::facts() const {
  Json out = Json::array();
  const auto add = [&](const std::string& name, const Json& value) { out.push_back({name, plain(value)}); };
  if (result_.run.contains("program")) add("predicted by", result_.run.at("program"));
  add("page made by", "foldmesh " + base::version_string());
  if (result_.run.contains("options") && result_.run.at("options").is_object()) {
    for (const auto& [name, value] : result_.run.at("options").items()) {
      if (!value.empty()) add(name, value);
    }
  }
  return out;
}

}  // namespace

std::string report_page(const fs::path& folder) {
  Page page(folder);
  const std::string data = script_json(page.data());
  std::string out;
  out.reserve(data.size() + viewer_script().size() + (size_t{64} << 10));
  out += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy);
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += fmt::format("<title>{}</title>\n<style>\n", html_text(page.title()));
  out.append(page_style()).append("</style>\n</head>\n<body>\n").append(page_body());
  out.append("<script type=\"application/json\" id=\"report-data\">").append(data).append("</script>\n");
  for (const std::string_view script : {viewer_script(), plots_script(), report_script()}) {
    out.append("<script>\n").append(script).append("\n</script>\n");
  }
  out += "</body>\n</html>\n";
  return out;
}

void write_report(const fs::path& folder) {
  base::write_file_atomically(folder / "report.html", report_page(folder));
}

}  // namespace foldmesh::output::report
