#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "foldmesh/seqio/stockholm.h"

namespace foldmesh::seqio {
namespace {

// Width of "#=GC " and of the blank before the text, and of "#=GR " with " PP" and the blank.
constexpr size_t kColumnTagWidth = 6, kRowTagWidth = 9;

bool has_duplicate_names(const bio::Msa& msa) {
  std::unordered_set<std::string_view> names;
  return !std::all_of(msa.rows.begin(), msa.rows.end(),
                      [&](const bio::MsaRow& row) { return names.insert(row.name).second; });
}

// The lines of a block are written from this: what stands at the left margin, and all columns.
struct Line {
  std::string label;
  const std::string* text;
};

class Writer {
 public:
  explicit Writer(const bio::Msa& msa) : msa_(msa) {
    const bool prefixed = has_duplicate_names(msa);
    const size_t digits = std::to_string(msa.rows.size()).size();
    for (size_t i = 0; i < msa.rows.size(); ++i) {
      names_.push_back(prefixed ? fmt::format("{:0{}}|{}", i, digits, msa.rows[i].name) : msa.rows[i].name);
      longest_name_ = std::max(longest_name_, names_.back().size());
    }
    out_ = "# STOCKHOLM 1.0\n";
    if (prefixed) {
      out_ += "# WARNING: seq names have been made unique by adding a prefix of \"<seq#>|\"\n";
    }
  }

  std::string write(size_t columns_per_block) {
    add_family();
    add_row_tags("AC", &bio::MsaRow::accession);
    add_row_tags("DE", &bio::MsaRow::description);
    add_blocks(columns_per_block == 0 ? std::max<size_t>(msa_.n_columns(), 1) : columns_per_block);
    out_ += "//\n";
    return std::move(out_);
  }

 private:
  void add_family() {
    const auto add = [&](const char* tag, const std::string& value) {
      if (!value.empty()) out_ += fmt::format("#=GF {} {}\n", tag, value);
    };
    const auto add_cutoffs = [&](const char* tag, const std::optional<std::array<float, 2>>& bits) {
      if (bits) out_ += fmt::format("#=GF {} {} {}\n", tag, (*bits)[0], (*bits)[1]);
    };
    add("ID", msa_.name);
    add("AC", msa_.accession);
    add("DE", msa_.description);
    add("AU", msa_.author);
    add_cutoffs("GA", msa_.cutoffs.gathering);
    add_cutoffs("NC", msa_.cutoffs.noise);
    add_cutoffs("TC", msa_.cutoffs.trusted);
    out_ += '\n';
  }

  void add_row_tags(const char* tag, std::string bio::MsaRow::*field) {
    bool any = false;
    for (size_t i = 0; i < msa_.rows.size(); ++i) {
      const std::string& value = msa_.rows[i].*field;
      if (value.empty()) continue;
      out_ += fmt::format("#=GS {:<{}} {} {}\n", names_[i], longest_name_, tag, value);
      any = true;
    }
    if (any) out_ += '\n';
  }

  std::vector<Line> lines() const {
    std::vector<Line> lines;
    for (size_t i = 0; i < msa_.rows.size(); ++i) {
      lines.push_back({names_[i], &msa_.rows[i].aligned});
      if (!msa_.rows[i].pp.empty()) {
        lines.push_back({fmt::format("#=GR {:<{}} PP", names_[i], longest_name_), &msa_.rows[i].pp});
      }
    }
    const auto add = [&](const char* tag, const std::string& text) {
      if (!text.empty()) lines.push_back({fmt::format("#=GC {}", tag), &text});
    };
    add("SS_cons", msa_.ss_cons);
    add("PP_cons", msa_.pp_cons);
    add("RF", msa_.rf);
    add("MM", msa_.mm);
    for (const Line& line : lines) {
      if (line.text->size() != msa_.n_columns()) {
        base::throw_internal("to_stockholm: '{}' has {} columns, the alignment {}",
                             base::printable(line.label), line.text->size(), msa_.n_columns());
      }
    }
    return lines;
  }

  // Columns left of the text, the blank before it included.
  size_t margin() const {
    const bool any_pp =
        std::any_of(msa_.rows.begin(), msa_.rows.end(), [](const auto& row) { return !row.pp.empty(); });
    const size_t longest_tag = msa_.pp_cons.empty() && msa_.ss_cons.empty() ? 2 : 7;
    return std::max(
        {longest_name_ + 1, longest_tag + kColumnTagWidth, any_pp ? longest_name_ + kRowTagWidth : 0});
  }

  void add_blocks(size_t width) {
    const std::vector<Line> all = lines();
    const size_t left = margin();
    for (size_t from = 0; from < msa_.n_columns(); from += width) {
      if (from > 0) out_ += '\n';
      for (const Line& line : all) {
        out_ += line.label;
        out_.append(left - line.label.size(), ' ');
        out_.append(*line.text, from, width);
        out_ += '\n';
      }
    }
  }

  const bio::Msa& msa_;
  std::vector<std::string> names_;
  size_t longest_name_ = 0;
  std::string out_;
};

}  // namespace

std::string to_stockholm(const bio::Msa& msa, size_t columns_per_block) {
  return Writer(msa).write(columns_per_block);
}

}  // namespace foldmesh::seqio
