#include "foldmesh/search/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace foldmesh::search {
namespace {

constexpr double kBitsPerNat = 1.44269504088896341;

std::string_view or_dash(std::string_view text) { return text.empty() ? "-" : text; }

struct Widths {
  size_t target, target_accession, query, query_accession;

  Widths(const QueryLabel& label, const TopHits& hits)
      : target(std::max<size_t>(20, hits.longest_name())),
        target_accession(std::max<size_t>(10, hits.longest_accession())),
        query(std::max<size_t>(20, label.name.size())),
        query_accession(std::max<size_t>(10, label.accession.size())) {}
};

// `n` dashes at the right end of a column (the titles above them stand left).
std::string dashes(size_t n, size_t width = 0) { return fmt::format("{:>{}}", std::string(n, '-'), width); }

}  // namespace

void append_target_table(std::string& text, const QueryLabel& query, const TopHits& hits, bool with_header,
                         const TextSink& sink) {
  const auto out = std::back_inserter(text);
  const Widths w(query, hits);
  if (with_header) {
    fmt::format_to(out, "#{:{}} {:>22} {:>22} {:>33}\n", "",
                   w.target + w.query + w.target_accession + w.query_accession + 2, "--- full sequence ----",
                   "--- best 1 domain ----", "--- domain number estimation ----");
    const auto line = [&](const auto&... values) {
      fmt::format_to(
          out,
          "#{:<{}} {:<{}} {:<{}} {:<{}} {:>9} {:>6} {:>5} {:>9} {:>6} {:>5} {:>5} {:>3} {:>3} {:>3} {:>3} "
          "{:>3} {:>3} {:>3} {}\n",
          values...);
    };
    line(" target name", w.target - 1, "accession", w.target_accession, "query name", w.query, "accession",
         w.query_accession, "E-value", "score", "bias", "E-value", "score", "bias", "exp", "reg", "clu", "ov",
         "env", "dom", "rep", "inc", "description of target");
    const std::string d3 = dashes(3), d5 = dashes(5), d6 = dashes(6), d9 = dashes(9);
    line(dashes(19, w.target - 1), w.target - 1, dashes(10, w.target_accession), w.target_accession,
         dashes(20, w.query), w.query, dashes(10, w.query_accession), w.query_accession, d9, d6, d5, d9, d6,
         d5, d3, d3, d3, d3, d3, d3, d3, d3, dashes(21));
  }
  hits.for_each([&](const hmm::Hit& hit) {
    const hmm::Domain& best = hit.domains[hit.best_domain];
    fmt::format_to(
        out,
        "{:<{}} {:<{}} {:<{}} {:<{}} {:9.2g} {:6.1f} {:5.1f} {:9.2g} {:6.1f} {:5.1f} {:5.1f} {:3} {:3} {:3} "
        "{:3} {:3} {:3} {:3} {}\n",
        hit.name, w.target, or_dash(hit.accession), w.target_accession, query.name, w.query,
        or_dash(query.accession), w.query_accession, hits.e_value(hit), hit.score, hit.pre_score - hit.score,
        hits.independent_e_value(best), best.bit_score, static_cast<double>(best.domain_bias) * kBitsPerNat,
        hit.n_expected, hit.n_regions, hit.n_clustered, hit.n_overlaps, hit.n_envelopes, hit.domains.size(),
        hit.n_reported, hit.n_included, or_dash(hit.description));
    pass_on(text, sink);
  });
}

void append_domain_table(std::string& text, const QueryLabel& query, const TopHits& hits, bool with_header,
                         const TextSink& sink) {
  const auto out = std::back_inserter(text);
  const Widths w(query, hits);
  if (with_header) {
    fmt::format_to(out, "#{:{}} {:>22} {:>40} {:>11} {:>11} {:>11}\n", "",
                   w.target + w.query - 1 + 15 + w.target_accession + w.query_accession,
                   "--- full sequence ---", "-------------- this domain -------------", "hmm coord",
                   "ali coord", "env coord");
    const auto line = [&](const auto&... values) {
      fmt::format_to(
          out,
          "#{:<{}} {:<{}} {:>5} {:<{}} {:<{}} {:>5} {:>9} {:>6} {:>5} {:>3} {:>3} {:>9} {:>9} {:>6} {:>5} "
          "{:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>4} {}\n",
          values...);
    };
    line(" target name", w.target - 1, "accession", w.target_accession, "tlen", "query name", w.query,
         "accession", w.query_accession, "qlen", "E-value", "score", "bias", "#", "of", "c-Evalue",
         "i-Evalue", "score", "bias", "from", "to", "from", "to", "from", "to", "acc",
         "description of target");
    const std::string d3 = dashes(3), d5 = dashes(5), d6 = dashes(6), d9 = dashes(9);
    line(dashes(19, w.target - 1), w.target - 1, dashes(10, w.target_accession), w.target_accession, d5,
         dashes(20, w.query), w.query, dashes(10, w.query_accession), w.query_accession, d5, d9, d6, d5, d3,
         d3, d9, d9, d6, d5, d5, d5, d5, d5, d5, d5, dashes(4), dashes(21));
  }
  hits.for_each([&](const hmm::Hit& hit) {
    int number = 0;
    for (const hmm::Domain& domain : hit.domains) {
      if (!domain.reported) continue;
      const hmm::DomainAlignment& a = domain.alignment;
      const auto envelope = 1.0f + static_cast<float>(std::abs(domain.env_to - domain.env_from));
      fmt::format_to(
          out,
          "{:<{}} {:<{}} {:5} {:<{}} {:<{}} {:5} {:9.2g} {:6.1f} {:5.1f} {:3} {:3} {:9.2g} {:9.2g} {:6.1f} "
          "{:5.1f} {:5} {:5} {:5} {:5} {:5} {:5} {:4.2f} {}\n",
          hit.name, w.target, or_dash(hit.accession), w.target_accession, hit.target_length, query.name,
          w.query, or_dash(query.accession), w.query_accession, query.length, hits.e_value(hit), hit.score,
          hit.pre_score - hit.score, ++number, hit.n_reported, hits.conditional_e_value(domain),
          hits.independent_e_value(domain), domain.bit_score,
          static_cast<double>(domain.domain_bias) * kBitsPerNat, a.hmm_from, a.hmm_to, a.seq_from, a.seq_to,
          domain.env_from, domain.env_to, domain.oa_score / envelope, or_dash(hit.description));
    }
    pass_on(text, sink);
  });
}

void append_table_tail(std::string& text, const RunInfo& run) {
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "#\n");
  fmt::format_to(out, "# Program:         {}\n", run.program);
  fmt::format_to(out, "# Version:         {}\n", run.version);
  fmt::format_to(out, "# Pipeline mode:   SEARCH\n");
  fmt::format_to(out, "# Query file:      {}\n", run.query_path);
  fmt::format_to(out, "# Target file:     {}\n", run.target_path);
  fmt::format_to(out, "# Option settings: {}\n", run.command_line);
  if (!run.folder.empty()) fmt::format_to(out, "# Current dir:     {}\n", run.folder);
  if (!run.date.empty()) fmt::format_to(out, "# Date:            {}\n", run.date);
  fmt::format_to(out, "# [ok]\n");
}

}  // namespace foldmesh::search
