#include "foldmesh/relax/force_field.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "foldmesh/base/error.h"
#include "foldmesh/relax/amber99sb_text.h"

namespace foldmesh::relax {
namespace {

// One line as words.
class Line {
 public:
  Line(std::string_view text, const base::Location& where) : where_(where) {
    while (true) {
      const size_t begin = text.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) break;
      const size_t end = std::min(text.find_first_of(" \t\r", begin), text.size());
      words_.push_back(text.substr(begin, end - begin));
      text.remove_prefix(end);
    }
  }

  bool empty() const { return words_.empty() || words_.front().front() == '#'; }
  size_t size() const { return words_.size(); }
  std::string_view word(size_t i) const {
    if (i >= words_.size()) fail("the line ends early");
    return words_[i];
  }
  double number(size_t i) const {
    const std::string_view text = word(i);
    if (text == "180deg") return std::numbers::pi;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      fail(fmt::format("'{}' (expected a number)", base::printable(text)));
    }
    return value;
  }
  void expect_size(size_t n) const {
    if (words_.size() != n) fail(fmt::format("{} words (expected {})", words_.size(), n));
  }
  [[noreturn]] void fail(const std::string& what) const {
    base::throw_input("{}: {}", base::to_string(where_), what);
  }

 private:
  base::Location where_;
  std::vector<std::string_view> words_;
};

class Parser {
 public:
  void line(const Line& line) {
    const std::string_view kind = line.word(0);
    if (kind == "scale14") {
      line.expect_size(3);
      out_.coulomb_scale14 = line.number(1);
      out_.lj_scale14 = line.number(2);
    } else if (kind == "class") {
      add_class(line);
    } else if (kind == "bond") {
      line.expect_size(5);
      out_.bonds.push_back({classes<2>(line), line.number(3), line.number(4)});
    } else if (kind == "angle") {
      line.expect_size(6);
      out_.angles.push_back({classes<3>(line), line.number(4), line.number(5)});
    } else if (kind == "proper" || kind == "improper") {
      add_torsion(line, kind == "proper" ? out_.propers : out_.impropers);
    } else if (kind == "residue") {
      line.expect_size(2);
      form_ = &out_.forms[std::string(line.word(1))];
      form_->name = line.word(1);
    } else {
      residue_line(line);
    }
  }
  ForceField take() { return std::move(out_); }

 private:
  void add_class(const Line& line) {
    line.expect_size(6);
    class_ids_.emplace(line.word(1), static_cast<int>(out_.classes.size()));
    out_.classes.push_back(
        {std::string(line.word(1)), line.word(2).front(), line.number(3), line.number(4), line.number(5)});
  }

  int class_id(const Line& line, std::string_view name) const {
    if (name == ".") return kAnyClass;
    const auto found = class_ids_.find(name);
    if (found == class_ids_.end())
      line.fail(fmt::format("there is no atom class '{}'", base::printable(name)));
    return found->second;
  }
  template <size_t N>
  std::array<int, N> classes(const Line& line) const {
    std::array<int, N> ids{};
    for (size_t i = 0; i < N; ++i) ids[i] = class_id(line, line.word(i + 1));
    return ids;
  }

  void add_torsion(const Line& line, std::vector<TorsionRow>& rows) const {
    TorsionRow row{classes<4>(line), {}};
    if (line.size() < 8 || line.size() % 3 != 2) line.fail("expected four classes and triples of numbers");
    for (size_t i = 5; i < line.size(); i += 3) {
      row.terms.push_back(
          {static_cast<int>(std::lround(line.number(i))), line.number(i + 1), line.number(i + 2)});
    }
    rows.push_back(std::move(row));
  }

  void residue_line(const Line& line) {
    const std::string_view kind = line.word(0);
    if (form_ == nullptr) line.fail(fmt::format("'{}' before any residue", base::printable(kind)));
    const auto atom = [&](size_t i) {
      const int found = form_->find(line.word(i));
      if (found < 0)
        line.fail(fmt::format("{} has no atom '{}'", form_->name, base::printable(line.word(i))));
      return found;
    };
    if (kind == "atom") {
      line.expect_size(4);
      form_->atoms.push_back({std::string(line.word(1)), class_id(line, line.word(2)), line.number(3)});
      if (form_->atoms.back().atom_class < 0) line.fail("an atom of any class");
    } else if (kind == "joins") {
      line.expect_size(3);
      form_->bonds.emplace_back(atom(1), atom(2));
    } else if (kind == "open") {
      line.expect_size(2);
      form_->open.push_back(atom(1));
    } else {
      line.fail(
          fmt::format("'{}' (expected class, bond, angle, proper, improper, residue, atom, joins or open)",
                      base::printable(kind)));
    }
  }

  ForceField out_;
  std::map<std::string, int, std::less<>> class_ids_;
  ResidueForm* form_ = nullptr;
};

}  // namespace

int ResidueForm::find(std::string_view atom) const {
  for (size_t i = 0; i < atoms.size(); ++i) {
    if (atoms[i].name == atom) return static_cast<int>(i);
  }
  return -1;
}

bool TorsionRow::has_wildcard() const {
  return std::find(classes.begin(), classes.end(), kAnyClass) != classes.end();
}

const ResidueForm& ForceField::form(std::string_view name) const {
  const auto found = forms.find(name);
  if (found == forms.end()) base::throw_internal("force field: no residue form '{}'", name);
  return found->second;
}

ForceField parse_force_field(std::string_view text, const std::string& path) {
  Parser parser;
  base::Location where{path, 0};
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    ++where.line;
    const Line line(text.substr(0, end), where);
    if (!line.empty()) parser.line(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.take();
}

const ForceField& amber99sb() {
  static const ForceField field = parse_force_field(amber99sb_text(), "amber99sb.txt");
  return field;
}

}  // namespace foldmesh::relax
