#include "foldmesh/search/alignment_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "foldmesh/base/error.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::search {
namespace {

char upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// f(node, column) for the columns of an alignment where the target has a residue or a deletion; inserted
// residues have the node before them and `is_insert`.
template <typename F>
void for_each_column(const hmm::DomainAlignment& a, F&& f) {
  int node = a.hmm_from - 1;
  for (size_t column = 0; column < a.aligned.size(); ++column) {
    const bool is_insert = a.model[column] == '.';
    node += !is_insert;
    f(node, column, is_insert);
  }
}

}  // namespace

// Where everything goes: match column of each node, and the insert columns after it.
class AlignmentRows::Layout {
 public:
  explicit Layout(int n_nodes)
      : n_inserts_(static_cast<size_t>(n_nodes) + 1), match_column_(static_cast<size_t>(n_nodes) + 2) {}

  void make_room_for(const hmm::DomainAlignment& alignment) {
    int last = -1;
    size_t n_here = 0;
    for_each_column(alignment, [&](int node, size_t, bool is_insert) {
      if (!is_insert) return;
      n_here = node == std::exchange(last, node) ? n_here + 1 : 1;
      n_inserts_[node] = std::max(n_inserts_[node], n_here);
    });
  }
  // After the last alignment.
  void place_columns() {
    size_t column = n_inserts_[0];
    for (size_t node = 1; node < match_column_.size(); ++node) {
      match_column_[node] = column;
      if (node < n_inserts_.size()) column += 1 + n_inserts_[node];
    }
  }

  int n_nodes() const { return static_cast<int>(n_inserts_.size()) - 1; }
  size_t n_columns() const { return match_column_.back(); }
  size_t match_column(int node) const { return match_column_[node]; }
  size_t n_inserts(int node) const { return n_inserts_[node]; }
  size_t first_insert_column(int node) const { return node == 0 ? 0 : match_column_[node] + 1; }

 private:
  std::vector<size_t> n_inserts_;     // [M + 1] widest insertion after each node
  std::vector<size_t> match_column_;  // [M + 2] by node; the last one is the end
};

namespace {

using Layout = AlignmentRows::Layout;

std::string gaps(const Layout& layout, InsertStyle style) {
  std::string row(layout.n_columns(), style == InsertStyle::kJackhmmer ? '-' : '.');
  for (int node = 1; node <= layout.n_nodes(); ++node) row[layout.match_column(node)] = '-';
  return row;
}

// Moves the second half of every insertion to the right end of its columns (all of it before node 1).
void justify(const Layout& layout, const std::vector<size_t>& n_here, std::string& row, char gap) {
  for (int node = 0; node < layout.n_nodes(); ++node) {
    const size_t n = n_here[node], width = layout.n_inserts(node);
    if (width <= 1 || n == 0 || n == width) continue;
    const size_t n_left = node == 0 ? 0 : n / 2;
    const auto first = row.begin() + static_cast<std::ptrdiff_t>(layout.first_insert_column(node));
    const auto moved = first + static_cast<std::ptrdiff_t>(n_left),
               end = first + static_cast<std::ptrdiff_t>(width);
    const auto stop = first + static_cast<std::ptrdiff_t>(n);
    std::move_backward(moved, stop, end);
    std::fill(moved, end - (stop - moved), gap);
  }
}

bio::MsaRow row_of(const hmm::Hit& hit, const hmm::Domain& domain, const Layout& layout, InsertStyle style) {
  const hmm::DomainAlignment& a = domain.alignment;
  bio::MsaRow row;
  row.name = fmt::format("{}/{}-{}", hit.name, a.seq_from, a.seq_to);
  row.accession = hit.accession;
  row.description = "[subseq from] " + (hit.description.empty() ? hit.name : hit.description);
  row.aligned = gaps(layout, style);
  row.pp.assign(layout.n_columns(), '.');
  std::vector<size_t> n_here(static_cast<size_t>(layout.n_nodes()) + 1);
  for_each_column(a, [&](int node, size_t column, bool is_insert) {
    const char residue = a.aligned[column];
    if (!is_insert && residue == '-') return;
    const size_t place =
        is_insert ? layout.first_insert_column(node) + n_here[node]++ : layout.match_column(node);
    row.aligned[place] = is_insert && style == InsertStyle::kLowerCase ? lower(residue) : upper(residue);
    row.pp[place] = a.pp[column];
  });
  justify(layout, n_here, row.aligned, style == InsertStyle::kJackhmmer ? '-' : '.');
  justify(layout, n_here, row.pp, '.');
  return row;
}

bio::MsaRow row_of(const bio::Sequence& query, const Layout& layout, InsertStyle style) {
  if (query.residues.size() != static_cast<size_t>(layout.n_nodes())) {
    base::throw_internal("alignment_of_hits: the query has {} residues, the profile {} nodes",
                         query.residues.size(), layout.n_nodes());
  }
  bio::MsaRow row{query.name, query.accession, query.description, gaps(layout, style), ""};
  for (int node = 1; node <= layout.n_nodes(); ++node) {
    row.aligned[layout.match_column(node)] = upper(query.residues[static_cast<size_t>(node) - 1]);
  }
  return row;
}

// A posterior letter stands for a range; these are the values it is read and written by.
float posterior_of(char letter) {
  if (letter == '*') return 1.0f;
  if (letter == '0') return 0.01f;
  return static_cast<float>((letter - '0') / 10.0);
}
char posterior_letter(float p) {
  const double shifted = static_cast<double>(p) + 0.05;
  return shifted >= 1.0 ? '*' : static_cast<char>('0' + static_cast<int>(shifted * 10.0));
}

}  // namespace

AlignmentRows::AlignmentRows(const TopHits& hits, int n_nodes, const AlignmentOptions& options)
    : hits_(hits), options_(options), layout_(std::make_unique<Layout>(n_nodes)) {
  for_each_domain([&](const hmm::Hit&, const hmm::Domain& domain) {
    layout_->make_room_for(domain.alignment);
    ++n_domains_;
  });
  layout_->place_columns();
}
AlignmentRows::~AlignmentRows() = default;

size_t AlignmentRows::n_columns() const { return layout_->n_columns(); }

void AlignmentRows::for_each_domain(const std::function<void(const hmm::Hit&, const hmm::Domain&)>& f) const {
  const size_t n_max = options_.max_rows - (options_.query != nullptr && options_.max_rows > 0);
  size_t n = 0;
  hits_.for_each([&](const hmm::Hit& hit) {
    if (!hit.included) return;
    for (const hmm::Domain& domain : hit.domains) {
      if (domain.included && n < n_max) {
        ++n;
        f(hit, domain);
      }
    }
  });
}

void AlignmentRows::for_each(const std::function<void(const bio::MsaRow&)>& f) const {
  if (options_.query != nullptr) f(row_of(*options_.query, *layout_, options_.style));
  for_each_domain([&](const hmm::Hit& hit, const hmm::Domain& domain) {
    f(row_of(hit, domain, *layout_, options_.style));
  });
}

std::string AlignmentRows::rf() const {
  if (n_rows() == 0) return {};
  std::string line(layout_->n_columns(), '.');
  for (int node = 1; node <= layout_->n_nodes(); ++node) line[layout_->match_column(node)] = 'x';
  return line;
}

// The mean posterior of each match column over the rows that have a residue there.
std::string AlignmentRows::pp_cons() const {
  if (n_domains_ == 0) return {};
  const auto n_nodes = static_cast<size_t>(layout_->n_nodes());
  std::vector<double> sum(n_nodes + 1);
  std::vector<int> n(n_nodes + 1);
  for_each_domain([&](const hmm::Hit&, const hmm::Domain& domain) {
    const hmm::DomainAlignment& a = domain.alignment;
    for_each_column(a, [&](int node, size_t column, bool is_insert) {
      if (is_insert || a.aligned[column] == '-') return;
      sum[node] += static_cast<double>(posterior_of(a.pp[column]));
      ++n[node];
    });
  });
  std::string line(layout_->n_columns(), '.');
  for (size_t node = 1; node <= n_nodes; ++node) {
    if (n[node] == 0) continue;
    line[layout_->match_column(static_cast<int>(node))] =
        posterior_letter(static_cast<float>(sum[node] / n[node]));
  }
  return line;
}

bio::Msa AlignmentRows::frame() const {
  bio::Msa msa;
  msa.rf = rf();
  msa.pp_cons = pp_cons();
  return msa;
}

void write_alignment(const bio::Msa& head, const AlignmentRows& rows, size_t most_bytes, const TextSink& sink,
                     size_t columns_per_block) {
  bio::Msa msa = rows.frame();
  msa.name = head.name;
  msa.accession = head.accession;
  msa.description = head.description;
  msa.author = head.author;
  const bool few = rows.n_rows() * (2 * rows.n_columns() + sizeof(bio::MsaRow)) <= most_bytes;
  if (few) rows.for_each([&](const bio::MsaRow& row) { msa.rows.push_back(row); });
  const seqio::MsaRowSource source = [&](const std::function<void(const bio::MsaRow&)>& f) {
    if (!few) return rows.for_each(f);
    for (const bio::MsaRow& row : msa.rows) f(row);
  };
  seqio::write_stockholm(msa, source, sink, columns_per_block);
}

bio::Msa alignment_of_hits(const TopHits& hits, int n_nodes, const AlignmentOptions& options) {
  const AlignmentRows rows(hits, n_nodes, options);
  bio::Msa msa = rows.frame();
  rows.for_each([&](const bio::MsaRow& row) { msa.rows.push_back(row); });
  return msa;
}

}  // namespace foldmesh::search
