#include <cmath>
#include <iterator>

#include "foldmesh/hmm/hmm_file.h"

namespace foldmesh::hmm {
namespace {

using Out = std::back_insert_iterator<std::string>;

template <size_t N>
void put_probabilities(Out out, const std::array<float, N>& values) {
  for (float p : values) {
    if (p == 0) {
      fmt::format_to(out, " {:>8}", '*');
    } else {
      // The logarithm in single precision: the fifth decimal must round as in the reference.
      fmt::format_to(out, " {:8.5f}", p == 1 ? 0.0f : -std::log(p));
    }
  }
}

void put_cutoffs(Out out, const char* tag, const std::optional<std::array<float, 2>>& cutoffs) {
  if (cutoffs) fmt::format_to(out, "{}    {:.2f} {:.2f}\n", tag, (*cutoffs)[0], (*cutoffs)[1]);
}

void put_header(Out out, const CoreModel& model, std::string_view writer) {
  const auto yes_no = [](const auto& annotation) { return annotation.empty() ? "no" : "yes"; };
  fmt::format_to(out, "HMMER3/f [{}]\n", writer);
  fmt::format_to(out, "NAME  {}\n", model.name);
  if (!model.accession.empty()) fmt::format_to(out, "ACC   {}\n", model.accession);
  if (!model.description.empty()) fmt::format_to(out, "DESC  {}\n", model.description);
  fmt::format_to(out, "LENG  {}\n", model.M);
  if (model.max_length > 0) fmt::format_to(out, "MAXL  {}\n", model.max_length);
  fmt::format_to(out, "ALPH  amino\n");
  fmt::format_to(out, "RF    {}\n", yes_no(model.rf));
  fmt::format_to(out, "MM    {}\n", yes_no(model.mm));
  fmt::format_to(out, "CONS  {}\n", yes_no(model.consensus));
  fmt::format_to(out, "CS    {}\n", yes_no(model.cs));
  fmt::format_to(out, "MAP   {}\n", yes_no(model.map));
  if (!model.date.empty()) fmt::format_to(out, "DATE  {}\n", model.date);
  for (size_t i = 0; i < model.command_line.size(); ++i) {
    fmt::format_to(out, "COM   [{}] {}\n", i + 1, model.command_line[i]);
  }
  if (model.n_seq > 0) fmt::format_to(out, "NSEQ  {}\n", model.n_seq);
  if (model.eff_n_seq > 0) fmt::format_to(out, "EFFN  {:f}\n", model.eff_n_seq);
  if (model.has_checksum) fmt::format_to(out, "CKSUM {}\n", model.checksum);
  put_cutoffs(out, "GA", model.cutoffs.gathering);
  put_cutoffs(out, "TC", model.cutoffs.trusted);
  put_cutoffs(out, "NC", model.cutoffs.noise);
  if (model.calibrated) {
    const EvalueParameters& e = model.evalue;
    fmt::format_to(out, "STATS LOCAL MSV      {:8.4f} {:8.5f}\n", e.mu_msv, e.lambda);
    fmt::format_to(out, "STATS LOCAL VITERBI  {:8.4f} {:8.5f}\n", e.mu_viterbi, e.lambda);
    fmt::format_to(out, "STATS LOCAL FORWARD  {:8.4f} {:8.5f}\n", e.tau, e.lambda);
  }
}

void put_node_annotation(Out out, const CoreModel& model, int k) {
  const auto at = [k](const std::string& annotation) { return annotation.empty() ? '-' : annotation[k - 1]; };
  if (model.map.empty()) {
    fmt::format_to(out, " {:>6}", '-');
  } else {
    fmt::format_to(out, " {:6}", model.map[k - 1]);
  }
  fmt::format_to(out, " {} {} {} {}\n", at(model.consensus), at(model.rf), at(model.mm), at(model.cs));
}

}  // namespace

void append_hmm(std::string& text, const CoreModel& model, std::string_view writer) {
  constexpr const char* kUnderNode = "        ";  // under the column of node numbers
  const Out out = std::back_inserter(text);
  put_header(out, model, writer);

  fmt::format_to(out, "HMM     ");
  for (bio::Code a = 0; a < bio::kNumCanonical; ++a) fmt::format_to(out, "     {}   ", bio::symbol_of(a));
  fmt::format_to(out, "\n       ");
  for (const char* caption : {"m->m", "m->i", "m->d", "i->m", "i->i", "d->m", "d->d"}) {
    fmt::format_to(out, " {:>8}", caption);
  }
  fmt::format_to(out, "\n  COMPO ");
  put_probabilities(out, model.composition);
  fmt::format_to(out, "\n");
  for (int k = 0; k <= model.M; ++k) {
    if (k > 0) {
      fmt::format_to(out, " {:6} ", k);
      put_probabilities(out, model.mat[k]);
      put_node_annotation(out, model, k);
    }
    fmt::format_to(out, "{}", kUnderNode);
    put_probabilities(out, model.ins[k]);
    fmt::format_to(out, "\n{}", kUnderNode);
    put_probabilities(out, model.t[k]);
    fmt::format_to(out, "\n");
  }
  fmt::format_to(out, "//\n");
}

}  // namespace foldmesh::hmm
