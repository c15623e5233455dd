#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "foldmesh/base/error.h"
#include "foldmesh/base/hash.h"
#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::seqio {
namespace {

// Width of "#=GC " and of the blank before the text, and of "#=GR " with " PP" and the blank.
constexpr size_t kColumnTagWidth = 6, kRowTagWidth = 9;
constexpr size_t kPiece = size_t{1} << 18;

// Exact, though only hashes of the names are kept: names whose hashes meet are compared in a second pass.
bool has_duplicate_names(const MsaRowSource& rows) {
  std::vector<uint64_t> hashes;
  const auto hash = [](const bio::MsaRow& row) { return base::hash64(row.name.data(), row.name.size()); };
  rows([&](const bio::MsaRow& row) { hashes.push_back(hash(row)); });
  std::sort(hashes.begin(), hashes.end());
  std::unordered_set<uint64_t> suspects;
  for (size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i] == hashes[i - 1]) suspects.insert(hashes[i]);
  }
  if (suspects.empty()) return false;
  std::unordered_set<std::string> names;
  bool found = false;
  rows([&](const bio::MsaRow& row) {
    if (!found && suspects.contains(hash(row))) found = !names.insert(row.name).second;
  });
  return found;
}

class Writer {
 public:
  Writer(const bio::Msa& frame, const MsaRowSource& rows, const StockholmSink& sink)
      : frame_(frame), rows_(rows), sink_(sink), prefixed_(has_duplicate_names(rows)) {
    rows_([&](const bio::MsaRow& row) {
      if (n_rows_++ == 0) n_columns_ = row.aligned.size();
      longest_name_ = std::max(longest_name_, row.name.size());
      any_accession_ |= !row.accession.empty();
      any_description_ |= !row.description.empty();
      any_pp_ |= !row.pp.empty();
    });
    if (n_rows_ == 0) n_columns_ = frame_.rf.size();
    digits_ = std::to_string(n_rows_).size();
    if (prefixed_) longest_name_ += digits_ + 1;
    out_ = "# STOCKHOLM 1.0\n";
    if (prefixed_) {
      out_ += "# WARNING: seq names have been made unique by adding a prefix of \"<seq#>|\"\n";
    }
  }

  void write(size_t columns_per_block) {
    add_family();
    if (any_accession_) add_row_tags("AC", &bio::MsaRow::accession);
    if (any_description_) add_row_tags("DE", &bio::MsaRow::description);
    add_blocks(columns_per_block == 0 ? std::max<size_t>(n_columns_, 1) : columns_per_block);
    out_ += "//\n";
    sink_(out_);
  }

 private:
  void pass_on() {
    if (out_.size() < kPiece) return;
    sink_(out_);
    out_.clear();
  }

  // f(row, its name in the file)
  template <typename F>
  void for_each_row(F&& f) {
    size_t i = 0;
    rows_([&](const bio::MsaRow& row) {
      if (prefixed_) {
        f(row, fmt::format("{:0{}}|{}", i++, digits_, row.name));
      } else {
        f(row, row.name);
      }
      pass_on();
    });
  }

  void add_family() {
    const auto add = [&](const char* tag, const std::string& value) {
      if (!value.empty()) out_ += fmt::format("#=GF {} {}\n", tag, value);
    };
    const auto add_cutoffs = [&](const char* tag, const std::optional<std::array<float, 2>>& bits) {
      if (bits) out_ += fmt::format("#=GF {} {} {}\n", tag, (*bits)[0], (*bits)[1]);
    };
    add("ID", frame_.name);
    add("AC", frame_.accession);
    add("DE", frame_.description);
    add("AU", frame_.author);
    add_cutoffs("GA", frame_.cutoffs.gathering);
    add_cutoffs("NC", frame_.cutoffs.noise);
    add_cutoffs("TC", frame_.cutoffs.trusted);
    out_ += '\n';
  }

  void add_row_tags(const char* tag, std::string bio::MsaRow::*field) {
    for_each_row([&](const bio::MsaRow& row, const std::string& name) {
      const std::string& value = row.*field;
      if (!value.empty()) out_ += fmt::format("#=GS {:<{}} {} {}\n", name, longest_name_, tag, value);
    });
    out_ += '\n';
  }

  // Columns left of the text, the blank before it included.
  size_t margin() const {
    const size_t longest_tag = frame_.pp_cons.empty() && frame_.ss_cons.empty() ? 2 : 7;
    return std::max(
        {longest_name_ + 1, longest_tag + kColumnTagWidth, any_pp_ ? longest_name_ + kRowTagWidth : 0});
  }

  void add_line(const std::string& label, const std::string& text, size_t from, size_t width) {
    if (text.size() != n_columns_) {
      base::throw_internal("to_stockholm: '{}' has {} columns, the alignment {}", base::printable(label),
                           text.size(), n_columns_);
    }
    out_ += label;
    out_.append(margin() - label.size(), ' ');
    out_.append(text, from, width);
    out_ += '\n';
  }

  void add_blocks(size_t width) {
    for (size_t from = 0; from < n_columns_; from += width) {
      if (from > 0) out_ += '\n';
      for_each_row([&](const bio::MsaRow& row, const std::string& name) {
        add_line(name, row.aligned, from, width);
        if (!row.pp.empty())
          add_line(fmt::format("#=GR {:<{}} PP", name, longest_name_), row.pp, from, width);
      });
      const auto add = [&](const char* tag, const std::string& text) {
        if (!text.empty()) add_line(fmt::format("#=GC {}", tag), text, from, width);
      };
      add("SS_cons", frame_.ss_cons);
      add("PP_cons", frame_.pp_cons);
      add("RF", frame_.rf);
      add("MM", frame_.mm);
    }
  }

  const bio::Msa& frame_;
  const MsaRowSource& rows_;
  const StockholmSink& sink_;
  const bool prefixed_;
  size_t n_rows_ = 0, n_columns_ = 0, digits_ = 0, longest_name_ = 0;
  bool any_accession_ = false, any_description_ = false, any_pp_ = false;
  std::string out_;
};

}  // namespace

void write_stockholm(const bio::Msa& frame, const MsaRowSource& rows, const StockholmSink& sink,
                     size_t columns_per_block) {
  Writer(frame, rows, sink).write(columns_per_block);
}

std::string to_stockholm(const bio::Msa& msa, size_t columns_per_block) {
  std::string out;
  const MsaRowSource rows = [&](const std::function<void(const bio::MsaRow&)>& f) {
    for (const bio::MsaRow& row : msa.rows) f(row);
  };
  write_stockholm(
      msa, rows, [&](std::string_view piece) { out += piece; }, columns_per_block);
  return out;
}

}  // namespace foldmesh::seqio
