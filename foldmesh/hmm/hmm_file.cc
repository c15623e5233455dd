#include "foldmesh/hmm/hmm_file.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "foldmesh/hmm/build.h"
#include "foldmesh/hmm/consensus.h"

namespace foldmesh::hmm {
namespace {

constexpr std::string_view kMagic = "HMMER3/f", kBlanks = " \t\r";
constexpr std::string_view kResidueOrder = bio::kCodeSymbols.substr(0, bio::kNumCanonical);
// Five decimals of -ln p leave sums within 1e-4 of 1; more than this is damage.
constexpr double kSumTolerance = 0.01;

// Takes the first word off `text`; empty when there is none.
std::string_view take_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(begin);
  const size_t end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::string_view trim_left(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

std::string_view trim(std::string_view text) {
  text = trim_left(text);
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

template <typename T>
std::optional<T> parse_number(std::string_view word) {
  T value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

template <size_t N>
double sum_of(const std::array<float, N>& values, size_t from = 0, size_t to = N) {
  double sum = 0;
  for (size_t i = from; i < to; ++i) sum += static_cast<double>(values[i]);
  return sum;
}

std::string read_input(const std::filesystem::path& path) {
  return base::read_file(path == "-" ? std::filesystem::path("/dev/stdin") : path);
}

}  // namespace

HmmFileReader::HmmFileReader(const std::filesystem::path& path)
    : name_(path == "-" ? "<stdin>" : path.string()) {
  if (std::filesystem::is_regular_file(path)) {
    mapped_.emplace(path);
    const auto bytes = mapped_->bytes();
    rest_ = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  } else {
    owned_ = read_input(path);
    rest_ = owned_;
  }
}

HmmFileReader::HmmFileReader(std::string_view bytes, std::string name)
    : name_(std::move(name)), rest_(bytes) {}

void HmmFileReader::fail(const std::string& what) const {
  base::throw_input("{}: {}", base::to_string(base::Location{name_, line_number_}), what);
}

bool HmmFileReader::skip_to_next_line() {
  for (;;) {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    if (rest_.substr(0, end).find_first_not_of(kBlanks) != std::string_view::npos) return true;
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++line_number_;
  }
}

std::string_view HmmFileReader::line() {
  if (!skip_to_next_line()) fail("the file ends inside a model (expected '//')");
  const size_t end = rest_.find('\n');
  const std::string_view result = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++line_number_;
  return result;
}

std::optional<CoreModel> HmmFileReader::next() {
  if (!skip_to_next_line()) {
    if (n_models_ == 0) fail("is empty (expected at least one profile HMM)");
    return std::nullopt;
  }
  CoreModel model;
  read_header(model);
  read_body(model);
  ++n_models_;
  return model;
}

void HmmFileReader::read_header(CoreModel& model) {
  has_map_ = has_consensus_ = has_rf_ = has_mm_ = has_cs_ = false;
  n_statistics_ = 0;
  std::string_view first = line();
  const std::string_view magic = take_word(first);
  if (magic != kMagic) {
    fail(fmt::format(
        "starts with '{}', which is not a profile HMM we read (expected '{}'; hmmconvert converts older "
        "HMMER files)",
        base::printable(magic), kMagic));
  }
  for (;;) {
    std::string_view rest = line();
    const std::string_view tag = take_word(rest);
    if (tag == "HMM") {
      for (char residue : kResidueOrder) {
        if (take_word(rest) != std::string_view(&residue, 1)) {
          fail(fmt::format("unexpected residue order (expected '{}')", kResidueOrder));
        }
      }
      break;
    }
    if (tag == "//") fail("the model ends before its HMM section");
    read_header_line(tag, rest, model);
  }
  if (model.name.empty()) fail("the model has no NAME line");
  if (model.M == 0) fail("the model has no LENG line");
  if (n_statistics_ != 0 && n_statistics_ != 3) {
    fail(fmt::format("the model has {} STATS lines (expected MSV, VITERBI and FORWARD, or none)",
                     n_statistics_));
  }
  model.calibrated = n_statistics_ == 3;
}

void HmmFileReader::read_header_line(std::string_view tag, std::string_view rest, CoreModel& model) {
  const auto number = [&]<typename T>(T low, T high) {
    const std::string_view word = take_word(rest);
    const std::optional<T> value = parse_number<T>(word);
    if (!value || *value < low || *value > high) {
      fail(fmt::format("{} is '{}' (expected a number between {} and {})", tag, base::printable(word), low,
                       high));
    }
    return *value;
  };
  const auto yes_or_no = [&] {
    const std::string_view word = take_word(rest);
    if (word != "yes" && word != "no") {
      fail(fmt::format("{} is '{}' (expected 'yes' or 'no')", tag, base::printable(word)));
    }
    return word == "yes";
  };
  const auto cutoffs = [&]() -> std::array<float, 2> {
    const float sequence = number(-1e9f, 1e9f), domain = number(-1e9f, 1e9f);
    return {sequence, domain};
  };
  constexpr int kManySequences = 2'000'000'000;
  if (tag == "NAME") {
    model.name = take_word(rest);
    if (model.name.empty()) fail("NAME is empty");
  } else if (tag == "ACC") {
    model.accession = take_word(rest);
  } else if (tag == "DESC") {
    model.description = trim_left(rest);
  } else if (tag == "LENG") {
    model.M = number(1, kMaxModelLength);
  } else if (tag == "MAXL") {
    model.max_length = number(1, kManySequences);
  } else if (tag == "ALPH") {
    const std::string_view word = take_word(rest);
    if (word != "amino") fail(fmt::format("the alphabet is '{}' (expected 'amino')", base::printable(word)));
  } else if (tag == "RF") {
    has_rf_ = yes_or_no();
  } else if (tag == "MM") {
    has_mm_ = yes_or_no();
  } else if (tag == "CONS") {
    has_consensus_ = yes_or_no();
  } else if (tag == "CS") {
    has_cs_ = yes_or_no();
  } else if (tag == "MAP") {
    has_map_ = yes_or_no();
  } else if (tag == "DATE") {
    model.date = trim(rest);
  } else if (tag == "COM") {
    rest = trim_left(rest);
    if (rest.starts_with('[')) take_word(rest);  // the running number
    model.command_line.emplace_back(trim(rest));
  } else if (tag == "NSEQ") {
    model.n_seq = number(0, kManySequences);
  } else if (tag == "EFFN") {
    model.eff_n_seq = number(0.0f, 1e9f);
  } else if (tag == "CKSUM") {
    model.checksum = number(uint32_t{0}, UINT32_MAX);
    model.has_checksum = true;
  } else if (tag == "GA") {
    model.cutoffs.gathering = cutoffs();
  } else if (tag == "TC") {
    model.cutoffs.trusted = cutoffs();
  } else if (tag == "NC") {
    model.cutoffs.noise = cutoffs();
  } else if (tag == "STATS") {
    const std::string_view mode = take_word(rest), score = take_word(rest);
    float* location = score == "MSV"       ? &model.evalue.mu_msv
                      : score == "VITERBI" ? &model.evalue.mu_viterbi
                      : score == "FORWARD" ? &model.evalue.tau
                                           : nullptr;
    if (mode != "LOCAL" || location == nullptr) {
      fail(fmt::format("unknown statistics '{}' (expected LOCAL MSV, VITERBI or FORWARD)",
                       base::printable(rest)));
    }
    *location = number(-1e6f, 1e6f);
    model.evalue.lambda = number(1e-6f, 1e6f);
    ++n_statistics_;
  }
  // Other tags belong to versions to come; HMMER passes over them, too.
}

template <size_t N>
void HmmFileReader::read_probabilities(std::string_view& rest, std::array<float, N>& values) const {
  for (float& value : values) {
    const std::string_view word = take_word(rest);
    if (word == "*") {
      value = 0;
      continue;
    }
    const std::optional<double> cost = parse_number<double>(word);
    if (!cost || *cost < -1e-4) {
      fail(fmt::format("'{}' is not a negative log probability (expected a number from 0 on, or '*')",
                       base::printable(word)));
    }
    value = std::exp(static_cast<float>(-*cost));
  }
}

void HmmFileReader::read_transitions(std::array<float, 7>& t) {
  std::string_view rest = line();
  read_probabilities(rest, t);
}

// Emissions of a node may all be 0 (a query '*' matches nothing).
void HmmFileReader::check_sums(const CoreModel& model, int k) const {
  const auto check = [&](double sum, const char* what) {
    if (std::abs(sum - 1.0) > kSumTolerance) {
      fail(fmt::format("the {} probabilities of node {} sum to {:.4f} (expected 1)", what, k, sum));
    }
  };
  const double emissions = sum_of(model.mat[k]);
  if (k > 0 && emissions != 0) check(emissions, "match emission");
  check(sum_of(model.ins[k]), "insert emission");
  check(sum_of(model.t[k], kMM, kMD + 1), "match transition");
  check(sum_of(model.t[k], kIM, kII + 1), "insert transition");
  check(sum_of(model.t[k], kDM, kDD + 1), "delete transition");
}

void HmmFileReader::read_node_line(int k, CoreModel& model) {
  std::string_view rest = line();
  const std::string_view number = take_word(rest);
  if (parse_number<int>(number) != k) {
    fail(fmt::format("found '{}' (expected node {} of {})", base::printable(number), k, model.M));
  }
  read_probabilities(rest, model.mat[k]);
  const std::string_view column = take_word(rest);
  if (has_map_) {
    const std::optional<int> value = parse_number<int>(column);
    if (!value || *value < 1) {
      fail(fmt::format("'{}' is not an alignment column (MAP is yes)", base::printable(column)));
    }
    model.map.push_back(*value);
  }
  const auto annotation = [&](bool present, std::string& target) {
    const std::string_view word = take_word(rest);
    if (word.size() != 1) {
      fail(fmt::format("node {} has the annotation '{}' (expected five columns: map, consensus, RF, MM, CS)",
                       k, base::printable(word)));
    }
    if (present) target += word.front();
  };
  annotation(has_consensus_, model.consensus);
  annotation(has_rf_, model.rf);
  annotation(has_mm_, model.mm);
  annotation(has_cs_, model.cs);
}

void HmmFileReader::read_body(CoreModel& model) {
  line();  // captions of the transitions
  // Storage grows with the lines actually read, so LENG alone costs nothing.
  model.mat.resize(1);
  std::string_view rest = line();
  const std::string_view saved = rest;
  bool has_composition = false;
  if (take_word(rest) == "COMPO") {
    read_probabilities(rest, model.composition);
    has_composition = true;
    rest = line();
  } else {
    rest = saved;
  }
  model.ins.emplace_back();
  read_probabilities(rest, model.ins[0]);
  model.t.emplace_back();
  read_transitions(model.t[0]);
  check_sums(model, 0);
  for (int k = 1; k <= model.M; ++k) {
    model.mat.emplace_back();
    model.ins.emplace_back();
    model.t.emplace_back();
    read_node_line(k, model);
    rest = line();
    read_probabilities(rest, model.ins[k]);
    read_transitions(model.t[k]);
    check_sums(model, k);
  }
  if (trim(line()) != "//")
    fail(fmt::format("the model goes on after its {} nodes (expected '//')", model.M));
  if (!has_composition) set_composition(model);
  if (!has_consensus_) model.consensus = consensus_of(model);
}

std::vector<CoreModel> read_hmm_file(const std::filesystem::path& path) {
  HmmFileReader reader(path);
  std::vector<CoreModel> models;
  while (std::optional<CoreModel> model = reader.next()) models.push_back(std::move(*model));
  return models;
}

}  // namespace foldmesh::hmm
