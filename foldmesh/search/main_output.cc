#include "foldmesh/search/main_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "foldmesh/search/alignment_blocks.h"

namespace foldmesh::search {
namespace {

constexpr double kBitsPerNat = 1.44269504088896341;
constexpr int kMinDescription = 32;  // a description keeps this many columns even if the line gets too long

std::string_view label_of(const hmm::Hit& hit, const MainOutputOptions& options) {
  return options.prefer_accessions && !hit.accession.empty() ? hit.accession : hit.name;
}

// What fits of a description in a line that already has `used` columns.
std::string_view fitted(std::string_view description, size_t used, const MainOutputOptions& options) {
  if (options.text_width == 0) return description;
  const int room = options.text_width - static_cast<int>(used);
  return description.substr(0, static_cast<size_t>(std::max(kMinDescription, room)));
}

// The sign of a range that reaches the end of what it lies in, '.' else.
char left_end(int from) { return from == 1 ? '[' : '.'; }
char right_end(int64_t to, int64_t end) { return to == end ? ']' : '.'; }

void append_domain_rows(std::string& text, const TopHits& hits, const hmm::Hit& hit, int n_nodes) {
  const auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "   #    score  bias  c-Evalue  i-Evalue hmmfrom  hmm to    alifrom  ali to    envfrom  env to     "
      "acc\n"
      " ---   ------ ----- --------- --------- ------- -------    ------- -------    ------- -------    "
      "----\n");
  int number = 0;
  for (const hmm::Domain& domain : hit.domains) {
    if (!domain.reported) continue;
    const hmm::DomainAlignment& a = domain.alignment;
    const int64_t length = hit.target_length;
    const auto envelope = 1.0f + static_cast<float>(std::abs(domain.env_to - domain.env_from));
    fmt::format_to(
        out,
        " {:3} {} {:6.1f} {:5.1f} {:9.2g} {:9.2g} {:7} {:7} {}{} {:7} {:7} {}{} {:7} {:7} {}{} {:4.2f}\n",
        ++number, domain.included ? '!' : '?', domain.bit_score,
        static_cast<double>(domain.domain_bias) * kBitsPerNat, hits.conditional_e_value(domain),
        hits.independent_e_value(domain), a.hmm_from, a.hmm_to, left_end(a.hmm_from),
        right_end(a.hmm_to, n_nodes), a.seq_from, a.seq_to, left_end(a.seq_from), right_end(a.seq_to, length),
        domain.env_from, domain.env_to, left_end(domain.env_from), right_end(domain.env_to, length),
        domain.oa_score / envelope);
  }
}

void append_stage(std::string& out, const char* name, int64_t n_passed, double threshold, int64_t n_targets) {
  const double n = static_cast<double>(n_targets);
  fmt::format_to(std::back_inserter(out), "Passed {} filter:{:>{}}  ({:g}); expected {:.1f} ({:g})\n", name,
                 n_passed, 29 - std::string_view(name).size(),
                 n_targets > 0 ? static_cast<double>(n_passed) / n : 0.0, n * threshold, threshold);
}

}  // namespace

void append_banner(std::string& text, const RunInfo& run) {
  constexpr const char* kRule = "# - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -\n";
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "# {} :: {}\n# foldmesh {}\n{}", run.program, run.summary, run.version, kRule);
  for (const auto& [what, value] : run.settings) fmt::format_to(out, "# {:<32} {}\n", what + ":", value);
  fmt::format_to(out, "{}\n", kRule);
}

void append_query(std::string& text, const QueryLabel& query, std::string_view description,
                  char length_symbol) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "Query:       {}  [{}={}]\n", query.name, length_symbol, query.length);
  if (!query.accession.empty()) fmt::format_to(out, "Accession:   {}\n", query.accession);
  if (!description.empty()) fmt::format_to(out, "Description: {}\n", description);
}

void append_hit_list(std::string& text, const TopHits& hits, const MainOutputOptions& options,
                     const TextSink& sink) {
  const size_t width =
      std::max<size_t>(8, options.prefer_accessions ? hits.longest_label() : hits.longest_name());
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "Scores for complete sequences (score includes all domains):\n");
  fmt::format_to(out, "  {:>22}  {:>22}  {:>8}\n", "--- full sequence ---", "--- best 1 domain ---",
                 "-#dom-");
  fmt::format_to(out, "  {:>9} {:>6} {:>5}  {:>9} {:>6} {:>5}  {:>5} {:>2}  {:<{}} {}\n", "E-value", "score",
                 "bias", "E-value", "score", "bias", "exp", "N", "Sequence", width, "Description");
  fmt::format_to(out, "  {:>9} {:>6} {:>5}  {:>9} {:>6} {:>5}  {:>5} {:>2}  {:<{}} {}\n", "-------", "------",
                 "-----", "-------", "------", "-----", "----", "--", "--------", width, "-----------");
  bool above_inclusion = true;
  hits.for_each([&](const hmm::Hit& hit) {
    if (above_inclusion && !hit.included) {
      fmt::format_to(out, "  ------ inclusion threshold ------\n");
      above_inclusion = false;
    }
    const hmm::Domain& best = hit.domains[hit.best_domain];
    fmt::format_to(out, "{} {:9.2g} {:6.1f} {:5.1f}  {:9.2g} {:6.1f} {:5.1f}  {:5.1f} {:2}  {:<{}}  {}\n",
                   hit.is_new       ? '+'
                   : hit.is_dropped ? '-'
                                    : ' ',
                   hits.e_value(hit), hit.score, hit.pre_score - hit.score, hits.independent_e_value(best),
                   best.bit_score, static_cast<double>(best.domain_bias) * kBitsPerNat, hit.n_expected,
                   hit.n_reported, label_of(hit, options), width,
                   fitted(hit.description, width + 61, options));
    pass_on(text, sink);
  });
  if (hits.n_reported() == 0) {
    fmt::format_to(out, "\n   [No hits detected that satisfy reporting thresholds]\n");
  }
  fmt::format_to(out, "\n\n");
}

void append_domains(std::string& text, const TopHits& hits, const QueryLabel& model,
                    const MainOutputOptions& options, const TextSink& sink) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "Domain annotation for each sequence{}:\n",
                 options.show_alignments ? " (and alignments)" : "");
  hits.for_each([&](const hmm::Hit& hit) {
    const std::string_view label = label_of(hit, options);
    pass_on(text, sink);
    fmt::format_to(out, ">> {}  {}\n", label, fitted(hit.description, label.size() + 5, options));
    if (hit.n_reported == 0) {
      fmt::format_to(
          out,
          "   [No individual domains that satisfy reporting thresholds (although complete target did)]\n\n");
      return;
    }
    append_domain_rows(text, hits, hit, model.length);
    fmt::format_to(out, "\n");
    if (!options.show_alignments) return;
    fmt::format_to(out, "  Alignments for each domain:\n");
    const bool by_accession = options.prefer_accessions && !model.accession.empty();
    int number = 0;
    for (const hmm::Domain& domain : hit.domains) {
      if (!domain.reported) continue;
      fmt::format_to(out, "  == domain {}  score: {:.1f} bits;  conditional E-value: {:.2g}\n", ++number,
                     domain.bit_score, hits.conditional_e_value(domain));
      append_alignment_blocks(text, domain.alignment, by_accession ? model.accession : model.name, label,
                              options.text_width);
    }
  });
  if (hits.n_reported() == 0) {
    fmt::format_to(out, "\n   [No targets detected that satisfy reporting thresholds]\n");
  }
  fmt::format_to(out, "\n\n");
}

void append_statistics(std::string& text, const TopHits& hits, const hmm::StageCounters& counters,
                       const hmm::PipelineOptions& pipeline, int n_nodes) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "Internal pipeline statistics summary:\n-------------------------------------\n");
  fmt::format_to(out, "Query model(s):{:>29}  ({} nodes)\n", 1, n_nodes);
  fmt::format_to(out, "Target sequences:{:>27}  ({} residues searched)\n", counters.n_targets,
                 counters.n_residues);
  append_stage(text, "MSV", counters.n_past_msv, pipeline.F1, counters.n_targets);
  append_stage(text, "bias", counters.n_past_bias, pipeline.F1, counters.n_targets);
  append_stage(text, "Vit", counters.n_past_viterbi, pipeline.F2, counters.n_targets);
  append_stage(text, "Fwd", counters.n_past_forward, pipeline.F3, counters.n_targets);
  fmt::format_to(out, "Initial search space (Z):{:>19.0f}  [{}]\n", hits.z(),
                 hits.thresholds().Z ? "as set by --Z on cmdline" : "actual number of targets");
  fmt::format_to(
      out, "Domain search space  (domZ):{:>16.0f}  [{}]\n", hits.dom_z(),
      hits.thresholds().dom_Z ? "as set by --domZ on cmdline" : "number of targets reported over threshold");
}

}  // namespace foldmesh::search
