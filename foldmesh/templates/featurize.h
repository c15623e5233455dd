// From hits and structure files to templates, by AlphaFold 2's rules (Jumper et al. 2021, suppl. 1.2.3, and
// the published pipeline's filters).
#ifndef FOLDMESH_TEMPLATES_FEATURIZE_H_
#define FOLDMESH_TEMPLATES_FEATURIZE_H_

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "foldmesh/structio/structure_reader.h"
#include "foldmesh/templates/hit.h"
#include "foldmesh/templates/structure_files.h"
#include "foldmesh/templates/template_features.h"

namespace foldmesh::templates {

struct TemplateOptions {
  std::filesystem::path mmcif_dir;
  std::string max_template_date;  // YYYY-MM-DD: no later release; empty: any
  ObsoleteEntries obsolete;
  int max_templates = 20;
};

// Throws kInput unless `date` is YYYY-MM-DD.
void check_date(const std::string& option, const std::string& date);

// Why a hit is not worth opening a file for: a tenth of the query or less aligned, nothing but a part of the
// query itself (more than 0.95 of it), shorter than 10. Empty if it is.
std::string why_not(const Hit& hit, const std::string& query);

// One hit in its structure. The hit's sequence is looked for in the chain it names, then in any chain, then
// with X standing for anything; else the named chain (or the only one) is aligned to it, of which 90 % of the
// shorter one must be identical. Throws kInput with the reason when the chain is not there, consecutive CA
// atoms are more than 150 A apart, or fewer than 5 atoms are known.
Template make_template(const Hit& hit, const std::string& query, const structio::Entry& entry);

// The best hits as templates: by the sum of probabilities where there is one, else in the order given. A hit
// that cannot be used is left out with a line in the log that begins with `target` and says why. Hits
// of hmmsearch whose template sequence is there already are left out, too.
std::vector<Template> make_templates(const std::string& target, const std::string& query,
                                     std::vector<Hit> hits, const TemplateOptions& options);
// The files that make_templates may look at, as they are now.
std::vector<std::filesystem::path> files_of(const std::string& query, std::span<const Hit> hits,
                                            const TemplateOptions& options);

// `FILE[:CHAIN]`: a file that is there wins over a colon in its name. The chain's sequence is aligned to the
// query; without CHAIN the chain with the most identical residues is taken. Throws kInput with the reason
// when it cannot be used.
struct CustomTemplate {
  std::filesystem::path file;
  std::string chain;  // author or label id; may be empty
};
CustomTemplate parse_custom_template(const std::string& text);
// Throws kInput when the file cannot be read or lacks the chain.
void check_custom_template(const CustomTemplate& custom);
Template make_custom_template(const CustomTemplate& custom, const std::string& query);

}  // namespace foldmesh::templates

#endif  // FOLDMESH_TEMPLATES_FEATURIZE_H_
